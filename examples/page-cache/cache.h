#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

namespace cache
{

/** Rendered pages by their number, at most so many: the one longest unread makes room. */
class PageCache
{
public:
	explicit PageCache(std::size_t most);

	/** The page, rendered now when it is not there. */
	const std::string &page(unsigned number);

private:
	struct Entry {
		unsigned number;
		std::string text;
	};

	const Entry &add(unsigned number);

	std::size_t most;
	std::list<Entry> recent; // the one read last comes first
	std::unordered_map<unsigned, std::list<Entry>::iterator> entries;
};

} // namespace cache
