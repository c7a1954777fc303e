"""The HTTP interface for machines: health, metrics and webhooks. It has no pages for people yet."""
