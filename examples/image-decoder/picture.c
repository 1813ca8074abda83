#include <stdlib.h>

#include "picture.h"

struct picture *new_picture(const struct packet *packet)
{
	struct picture *picture = malloc(sizeof(*picture));

	if (!picture || !(picture->planes = malloc(packet->length)))
		abort();
	picture->length = packet->length;
	return picture;
}

void delete_picture(struct picture *picture)
{
	free(picture->planes);
	free(picture);
}
