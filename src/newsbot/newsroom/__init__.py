"""The use cases of editors and the stages from an article to its posts; command line and chat share them."""
