"""From items to findings: what each layer has to say."""
