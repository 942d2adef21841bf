#pragma once

#include "core/cluster/net/network.h"

#include <memory>

namespace core::cluster {

/// One question to another cluster: connects, asks, takes the answer, closes. On the port's thread only.
class Question : public std::enable_shared_from_this<Question> {
public:
    using Done = std::function<void(Result<replication::Frame>)>;

    /// The type of the answer's frame, and the largest size of its payload.
    struct Expected {
        replication::FrameType type;
        std::size_t bytesMax;
    };
    /// `done` is called once, at the latest when the question is stopped. Errors: those of the connection, TooLarge. `frame` makes the
    /// question from the connection's exporter value.
    using MakeFrame = std::function<std::string(const std::string& exporter)>;
    static std::shared_ptr<Question> ask(Network& network, const DialOptions& whom, MakeFrame frame, Expected expected, Done done);
    void stop(Error why);

private:
    void finish(Result<replication::Frame> answer);

    std::string m_outgoing;
    Done m_done;
    std::shared_ptr<Connection> m_connection;
};

/// The message in the answer. Errors: PermissionDenied (refused), Corrupt (something else).
template<class Message>
Result<Message> readAnswer(const replication::Frame& answer, replication::FrameType expected, const std::string& whom)
{
    Message message;
    replication::wire::Refusal refusal;
    if (answer.type == expected && parseFrame(answer, message)) return message;
    if (answer.type == replication::FrameType::Refusal && parseFrame(answer, refusal)) {
        return Error{ErrorCode::PermissionDenied, whom + " refused: " + refusal.detail()};
    }
    return Error{ErrorCode::Corrupt, whom + " answered something else"};
}

} // namespace core::cluster
