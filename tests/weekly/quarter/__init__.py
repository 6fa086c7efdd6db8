"""A quarter of the channel at random, and the recount of everything that its Fridays say."""
