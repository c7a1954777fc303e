"""The one package that knows every kind of source, channel and summarizer and connects all components of
newsbot.
"""
