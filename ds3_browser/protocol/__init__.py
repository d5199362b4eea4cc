"""The wire: requests, signatures, records and errors of the Spectra S3 protocol.

Knows nothing of Qt, of jobs that run, or of the user's paths.
"""
