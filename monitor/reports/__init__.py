"""What is made on request or by other libraries, in processes of their own."""
