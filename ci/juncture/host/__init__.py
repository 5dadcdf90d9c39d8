"""What the processes of one machine share: folders, leases and the keeper of embedded servers."""
