"""Whether a message asks anything, or is a greeting, thanks, or a word to the bot itself."""

from __future__ import annotations

from index.words import STOP_WORDS, has_words, split

_COURTESIES = frozenset(
    split(
        "hi hello hey hiya yo greetings good morning afternoon evening night bye goodbye cya see later"
        " thanks thank thankyou thx ty tysm cheers appreciated appreciate please pls sorry welcome np"
        " ok okay k kk alright yes yeah yep yup nope nah sure fine great nice cool awesome amazing excellent"
        " perfect brilliant wonderful fantastic super wow lol lmao haha hahaha hehe omg got gotcha understood"
        " noted exactly agreed indeed never mind nvm well done job work bot best love loved like much many"
        " lot lots really helpful help useful interesting test testing ping"
        " 안녕 안녕하세요 안녕하십니까 하이 헬로 반가워 반가워요 반갑습니다 고마워 고마워요 고맙습니다 감사"
        " 감사해요 감사합니다 땡큐 미안 미안해 미안해요 죄송해요 죄송합니다 네 넵 넹 예 응 아니 아니요 오케이"
        " 좋아 좋아요 좋네요 굿 최고 최고예요 최고네요 대박 알겠어요 알겠습니다 수고 수고하세요"
        " 수고하셨습니다 정말 진짜 너무 잘 와 봇 테스트 ㅋㅋ ㅋㅋㅋ ㅎㅎ ㅎㅎㅎ ㅠㅠ ㅇㅋ ㅇㅇ ㄱㅅ"
    )
)
_ASKING = frozenset(["who", "whom", "whose", "where", "when", "what", "which", "why", "how"])


def asks(text: str, *, goes_on: bool) -> bool:
    """Whether there is something to look for in a message: a word that is neither courtesy nor stop word.

    Where it ``goes_on`` from an answer, a word that asks is enough ("And why?").
    """
    words = {word.lower() for word in split(text)}
    if not words:
        return has_words(text)
    return bool(words - _COURTESIES - STOP_WORDS) or (goes_on and bool(words & _ASKING))
