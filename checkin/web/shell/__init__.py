"""What a phone keeps of the product itself: icon, worker, and the pages that open without a network."""
