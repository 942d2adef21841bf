#include "core/http/pipeline_call.h"

namespace core::http {
namespace {

constexpr std::size_t kDecodeHereBytesMax = 128 * 1024; // larger bodies are decoded on the threads for bodies
constexpr std::uint64_t kBytesPerToken = 24;            // a Boost.JSON value, and its part of the array or object around it

/// The request failed without an answer, for lack of memory.
Reply lostReply()
{
    Reply reply = errorReply(503, {"the request failed inside the server; whether it was carried out is unknown"});
    reply.headers.push_back({"Retry-After", "1"});
    return reply;
}

/// Refuses what this listener does not serve, or what has no room.
std::optional<Reply> refusalOf(Decoded& decoded, const Listener::Options& options, BodyMeter& body)
{
    if (decoded.refusal) return std::move(decoded.refusal);
    if (!body.takeValues(decoded.tokenCount * kBytesPerToken)) return busyReply();
    if (options.isReplicationStatusOff && isReplicationStatus(decoded.request.path)) {
        return errorReply(404, {"the replication status endpoints are disabled on this listener"});
    }
    return std::nullopt;
}

} // namespace

Reply busyReply()
{
    Reply reply = errorReply(503, {"the memory for request bodies is used up, please try again"});
    reply.headers.push_back({"Retry-After", "1"});
    return reply;
}

boost::asio::awaitable<bool> PipelineCall::run(Message message, BodyMeter& body, Reply& reply)
{
    const auto& options = m_shared->options;
    std::optional<Decoded> decoded;
    if (options.bodies && message.body.size() > kDecodeHereBytesMax) {
        m_deadline.remove();
        m_decoding = decodeElsewhere(std::move(message));
        co_await m_decoding->wait();
        decoded = std::move(m_decoding->value());
        m_decoding.reset();
    } else {
        decoded = decode(std::move(message), options.limits);
    }
    if (!decoded) {
        reply = lostReply();
        co_return false;
    }
    const bool isHead = decoded->isHead;
    if (auto refusal = refusalOf(*decoded, options, body)) {
        reply = std::move(*refusal);
        co_return isHead;
    }
    m_deadline.remove();
    decoded->request.id = m_shared->random->uuid();
    mount::Request question; // the envelope needs these after the request was moved away
    question.operation = decoded->request.operation;
    question.id = decoded->request.id;
    const std::string path = options.redaction.isOn() ? decoded->request.path : std::string{};
    m_answer = std::make_shared<Rendezvous<mount::Response>>();
    m_shared->handler->handle(std::move(decoded->request), m_loop,
                              [promise = m_answer->promise()](mount::Response response) { promise.set(std::move(response)); });
    decoded.reset();
    if (!m_answer->hasValue()) co_await m_answer->wait(); // a read already has its answer
    auto response = std::move(m_answer->value());
    m_answer.reset();
    if (!response) {
        reply = lostReply();
        co_return false;
    }
    reply = encode(question, std::move(*response));
    if (options.redaction.isOn()) options.redaction.apply(path, reply);
    co_return isHead;
}

std::shared_ptr<Rendezvous<Decoded>> PipelineCall::decodeElsewhere(Message message)
{
    auto meeting = std::make_shared<Rendezvous<Decoded>>();
    m_shared->options.bodies->post([shared = m_shared, &loop = m_loop, promise = meeting->promise(), message = std::move(message)]() mutable {
        auto decoded = std::make_shared<Decoded>(decode(std::move(message), shared->options.limits));
        loop.post([promise = std::move(promise), decoded] { promise.set(std::move(*decoded)); });
    });
    return meeting;
}

void PipelineCall::checkLost()
{
    if (m_answer) m_answer->checkLost();
    if (m_decoding) m_decoding->checkLost();
}

} // namespace core::http
