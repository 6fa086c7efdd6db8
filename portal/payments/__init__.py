"""Payment and invoice: bank accounts, batches, the bank's answer, invoices, write-off (steps 7–9)."""
