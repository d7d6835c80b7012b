"""What scores rows outside of Spark. `emr_ml.export.bundle` joins these modules to one file.

They import numpy and each other alone. No name may stand for two things in two of them.
"""
