#include "broker.h"

#include <algorithm>

namespace broker
{

Subscriber::Subscriber(std::string name) : name(std::move(name))
{
	inbox.reserve(1024);
}

void Subscriber::receive(const Message &message)
{
	inbox.assign(message.text.begin(), message.text.end());
}

void Subscriber::close()
{
	if (on_close)
		on_close();
}

void Channel::publish(const Message &message)
{
	std::lock_guard<std::mutex> guard(lock);

	for (auto &subscriber : subscribers)
		subscriber->receive(message);
	history.push_back(message);
	if (history.size() > 500)
		history.pop_front();
}

void Channel::join(std::shared_ptr<Subscriber> subscriber)
{
	std::lock_guard<std::mutex> guard(lock);

	subscribers.push_back(std::move(subscriber));
}

void Channel::leave(const std::shared_ptr<Subscriber> &subscriber)
{
	std::lock_guard<std::mutex> guard(lock);

	subscribers.erase(std::remove(subscribers.begin(), subscribers.end(), subscriber), subscribers.end());
}

std::shared_ptr<Channel> Broker::channel(const std::string &name)
{
	std::lock_guard<std::mutex> guard(lock);
	auto &found = channels[name];

	if (!found)
		found = std::make_shared<Channel>();
	return found;
}

void Broker::publish(const std::string &channel_name, const std::string &text)
{
	channel(channel_name)->publish({ ++messages, text });
}

// Joins, listens to one message, leaves: nothing stays.
void Broker::listen_once(const std::string &channel_name)
{
	auto subscriber = std::make_shared<Subscriber>("listener of " + channel_name);
	auto joined = channel(channel_name);

	joined->join(subscriber);
	publish(channel_name, "a listener has joined " + channel_name);
	joined->leave(subscriber);
	subscriber->close();
}

// The same, but the subscriber is to leave when it is closed.
void Broker::watch_once(const std::string &channel_name)
{
	auto subscriber = std::make_shared<Subscriber>("watcher of " + channel_name);
	auto joined = channel(channel_name);

	// The bug: the subscriber holds a function that holds the subscriber. Neither is ever destroyed.
	subscriber->on_close = [joined, subscriber] { joined->leave(subscriber); };
	joined->join(subscriber);
	publish(channel_name, "a watcher has joined " + channel_name);
	subscriber->close();
}

} // namespace broker
