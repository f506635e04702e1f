"""Which recordings the engine's parameters were fitted on: there, figures say how well, not how right it is.

This is the one place that names sets, and it judges none: it only withholds "reached" from goals that rest on them.
Whoever fits a parameter on a set adds a line.
"""

FITTED: dict[str, str] = {
    "fall_nexmon_fition": (
        "the weights of `FallConfig::default` are a logistic regression on these very clips, both persons; what it "
        "finds on a person that it was not fitted on is less, and is in the last table"
    ),
}
