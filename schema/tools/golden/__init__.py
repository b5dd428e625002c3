"""Golden vectors: what a decoder in any language must say of octets, without asking ours."""
