"""Partner Portal (渠道伙伴门户): a vendor's self-service portal for its resellers."""
