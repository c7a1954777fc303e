"""The HTTP server for programs: health, metrics and webhooks. There are no pages for people yet."""
