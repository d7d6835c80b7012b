"""EMR Serverless: each attempt is a job run of an application, which starts and stops by itself."""
