"""The HTTP interface for machines: health, metrics and webhooks. There are no pages for people yet."""
