"""What others do, and what anybody would try first: written anew from published descriptions."""
