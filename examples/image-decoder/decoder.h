#pragma once

#include <stddef.h>

enum frame_kind { FRAME_KEY, FRAME_DELTA, FRAME_EMPTY };

/* A frame of a moving picture as it comes from the network. */
struct packet {
	enum frame_kind kind;
	size_t length;
	const unsigned char *data;
};

struct thumbnail {
	size_t size;
	unsigned char pixels[];
};

/* Decodes a frame to a thumbnail, the caller's to free; NULL when the frame shows nothing new. */
struct thumbnail *decode_frame(const struct packet *packet);
