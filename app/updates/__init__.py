"""Looking for new versions, if the person wants that, and telling of them."""
