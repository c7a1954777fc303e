"""An approval is bound to a post's photos, so each place that shows the post before it names them."""
