"""The appliance in a box: a real HTTP server with its own reading of the wire.

Imports nothing of the client or the engine, so that a mistake made there is not made here as well.
"""
