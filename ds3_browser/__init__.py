"""DS3 Browser: a desktop client and a library for Spectra S3 (DS3) archives."""

__version__ = "0.1.0"
