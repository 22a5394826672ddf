"""What both roads may share: argument checks and fingerprints.

Standard library and NumPy only. Nothing here knows a loss, a flow or a prediction.
"""
