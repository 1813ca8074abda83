#pragma once

#include "decoder.h"

/* A frame in full size, while it is decoded. */
struct picture {
	size_t length;
	unsigned char *planes;
};

struct picture *new_picture(const struct packet *packet);
void delete_picture(struct picture *picture);
