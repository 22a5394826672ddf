"""Ten steps from a theorem on paper to a theorem that is tested: `verify_your_theorem`."""
