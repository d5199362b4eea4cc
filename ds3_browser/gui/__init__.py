"""The face: windows, models and views. Knows no XML and opens no sockets."""
