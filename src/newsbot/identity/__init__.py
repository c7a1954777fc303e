"""What makes two items one article: the same address, the same text, and the rule that weighs them."""
