"""EMR on EKS: each attempt is a job run of a virtual cluster, a namespace of Kubernetes."""
