"""Makes the site of these pages: copies them, writes those that the code generates."""
