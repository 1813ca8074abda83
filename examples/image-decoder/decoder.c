#include <stdlib.h>

#include "picture.h"

#define THUMBNAIL 96

static void decode_planes(struct picture *picture, const struct packet *packet)
{
	unsigned char last = 0;

	for (size_t i = 0; i < packet->length; i++) {
		last = (unsigned char)(packet->kind == FRAME_DELTA ? last + packet->data[i] : packet->data[i]);
		picture->planes[i] = last;
	}
}

static struct thumbnail *shrink(const struct picture *picture)
{
	struct thumbnail *thumbnail = malloc(sizeof(*thumbnail) + THUMBNAIL);

	if (!thumbnail)
		abort();
	thumbnail->size = THUMBNAIL;
	for (size_t i = 0; i < THUMBNAIL; i++)
		thumbnail->pixels[i] = picture->planes[i * picture->length / THUMBNAIL];
	return thumbnail;
}

struct thumbnail *decode_frame(const struct packet *packet)
{
	struct picture *picture = new_picture(packet);
	struct thumbnail *thumbnail;

	if (packet->kind == FRAME_EMPTY)
		return NULL; /* the bug: the picture is not deleted on this way out */
	decode_planes(picture, packet);
	thumbnail = shrink(picture);
	delete_picture(picture);
	return thumbnail;
}
