"""The pages of docs/ that can be walked, and the site that is made of them."""
