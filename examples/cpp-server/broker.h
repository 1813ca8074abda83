// A message broker in one process: channels, their subscribers, and the last messages of each.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace broker
{

struct Message {
	unsigned long number;
	std::string text;
};

class Subscriber
{
public:
	explicit Subscriber(std::string name);

	void receive(const Message &message);
	void close();

	// What to do when the channel closes.
	std::function<void()> on_close;

private:
	std::string name;
	std::vector<char> inbox;
};

class Channel
{
public:
	void publish(const Message &message);
	void join(std::shared_ptr<Subscriber> subscriber);
	void leave(const std::shared_ptr<Subscriber> &subscriber);

private:
	std::mutex lock;
	std::vector<std::shared_ptr<Subscriber>> subscribers;
	std::deque<Message> history; // the last 500 messages
};

class Broker
{
public:
	std::shared_ptr<Channel> channel(const std::string &name);
	void publish(const std::string &channel_name, const std::string &text);
	void listen_once(const std::string &channel_name);
	void watch_once(const std::string &channel_name);

private:
	std::mutex lock;
	std::unordered_map<std::string, std::shared_ptr<Channel>> channels;
	std::atomic<unsigned long> messages = 0;
};

} // namespace broker
