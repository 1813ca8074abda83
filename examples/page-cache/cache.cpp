#include "cache.h"

namespace cache
{

namespace
{

std::string render(unsigned number)
{
	std::string text = "<h1>Page " + std::to_string(number) + "</h1>\n";

	for (unsigned line = 0; line < 4 + number % 8; line++)
		text += "<p>line " + std::to_string(line) + "</p>\n";
	return text;
}

} // namespace

PageCache::PageCache(std::size_t entries_at_most) : most(entries_at_most)
{
}

const std::string &PageCache::page(unsigned number)
{
	auto found = entries.find(number);

	if (found == entries.end())
		return add(number).text;
	recent.splice(recent.begin(), recent, found->second);
	return found->second->text;
}

const PageCache::Entry &PageCache::add(unsigned number)
{
	if (entries.size() == most) {
		entries.erase(recent.back().number);
		recent.pop_back();
	}
	recent.push_front({ number, render(number) });
	entries[number] = recent.begin();
	return recent.front();
}

} // namespace cache
