#include "statement.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace sql
{

Parameter::Parameter(Parameter &&other) noexcept : text(std::exchange(other.text, nullptr)), length(other.length)
{
}

Parameter::~Parameter()
{
	std::free(text);
}

void Parameter::set_string(const char *value, std::size_t size)
{
	char *copy = static_cast<char *>(std::malloc(size));

	if (!copy)
		throw std::bad_alloc();
	std::memcpy(copy, value, size);
	text = copy; // the bug: what was bound before is forgotten, not freed
	length = size;
}

Statement::Statement(std::string statement, std::size_t count) : text(std::move(statement)), parameters(count)
{
}

void Statement::bind(std::size_t position, const std::string &value)
{
	parameters.at(position).set_string(value.data(), value.size());
}

} // namespace sql
