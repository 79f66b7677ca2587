"""HTML of mail: made safe, cleaned after a paste, turned to text and back, quoted.

Pure: no Qt, no network, no files.
"""
