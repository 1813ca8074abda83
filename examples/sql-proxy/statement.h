#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sql
{

/** A value bound to a placeholder of a statement. */
class Parameter
{
public:
	Parameter() = default;
	Parameter(Parameter &&other) noexcept;
	Parameter(const Parameter &) = delete;
	Parameter &operator=(const Parameter &) = delete;
	~Parameter();

	void set_string(const char *value, std::size_t length);

private:
	char *text = nullptr;
	std::size_t length = 0;
};

/** A statement on its way to a database server. */
class Statement
{
public:
	Statement(std::string text, std::size_t parameters);

	void bind(std::size_t position, const std::string &value);

private:
	std::string text;
	std::vector<Parameter> parameters;
};

} // namespace sql
