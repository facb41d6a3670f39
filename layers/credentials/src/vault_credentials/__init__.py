"""Content credentials in audio files, and the printed certificate.

Nothing heavy is imported here: the native library is loaded in the sandboxed
process alone, and reportlab when a page is asked for.
"""
