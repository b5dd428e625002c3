"""What a person sees of the chat, without a screen: values in, values out, no thread, no clock and no terminal."""
