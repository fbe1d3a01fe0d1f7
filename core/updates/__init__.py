"""Whether there is a newer Penjing: a signed notice, fetched only when the person asks for it."""
