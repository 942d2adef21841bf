#include "core/request/outcome.h"

#include "core/request/answers.h"

namespace core::request {

mount::Response&& Outcome::takeResponse() &&
{
    if (const auto* failure = error()) m_content = answerOf(Error{*failure});
    return std::move(std::get<mount::Response>(m_content));
}

} // namespace core::request
