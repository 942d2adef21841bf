#include "core/cluster/net/question.h"

#include <utility>

namespace core::cluster {

using namespace replication;

std::shared_ptr<Question> Question::ask(Network& network, const DialOptions& whom, MakeFrame frame, Expected expected, Done done)
{
    const auto question = std::make_shared<Question>();
    question->m_done = std::move(done);
    // The callbacks of the connection hold the question until the connection has ended.
    auto dialled =
        network.dial(whom, {
                               .ready =
                                   [question, frame = std::move(frame)] {
                                       question->m_outgoing = frame(question->m_connection ? question->m_connection->exporter() : std::string{});
                                   },
                               .received = [question](Frame answer) { question->finish(std::move(answer)); },
                               .pull = [question] { return std::exchange(question->m_outgoing, std::string{}); },
                               .closed =
                                   [question](const Error& why) {
                                       question->finish(why);
                                       question->m_connection.reset();
                                   },
                               // An answer of another type than expected may be small only.
                               .bytesMax = [expected](FrameType type) { return type == expected.type ? expected.bytesMax : kUnexpectedBytesMax; },
                           });
    if (dialled) question->m_connection = std::move(*dialled);
    else question->finish(std::move(dialled).error());
    return question;
}

void Question::finish(Result<Frame> answer)
{
    if (const auto done = std::exchange(m_done, {})) done(std::move(answer));
    if (m_connection) m_connection->close(Error{ErrorCode::Cancelled, "done"});
}

void Question::stop(Error why)
{
    finish(std::move(why));
}

} // namespace core::cluster
