"""A clinic of made-up people, brought to life by the same services that real people use."""
