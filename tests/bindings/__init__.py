"""Classes that other people's tools make from chat.xsd, and programs that read and write every example with them."""
