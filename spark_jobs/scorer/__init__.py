"""What scores rows outside of Spark, and tells the reasons for a prediction.

`emr_ml.export.bundle` joins these modules to one file, `scorer.py`. They import numpy and each
other alone. No name may stand for two things in two of them.
"""
