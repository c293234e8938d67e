"""The words that lesson pages add to the lessons, in English and in Chinese."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The words of one language; what stands in braces is filled in."""

    lessons: str
    how_to_read: str
    table_head: str
    chapter_facts: str
    start: str
    notebook: str
    colab: str
    minutes: str
    difficulty: tuple[str, str, str]
    points: str
    bonus: str
    between: str
    needed_by: str
    tasks: str
    nothing: str
    listing: str

    def builds_on(self, needed_by: tuple[str, ...], tasks: tuple[str, ...]) -> str:
        """What builds on an exercise, as a sentence."""
        named = self.listing.join(f"<code>{name}</code>" for name in needed_by)
        said = [self.needed_by.format(names=named)] if needed_by else []
        said += (
            [self.tasks.format(tasks=self.listing.join(f"<code>{task}</code>" for task in tasks))]
            if tasks
            else []
        )
        return self.between.join(said) or self.nothing


WORDS = {
    "en": Words(
        lessons="Lessons",
        how_to_read=(
            "Twelve chapters, in this order or in yours: each stands by itself, and `brick build` lends the blocks that "
            "you have not written yet. Beside every exercise stands how long it takes (the chapter's minutes, shared out "
            "by points), how hard it is (by the length of the course's own solution: up to 4 statements are easy, up to "
            "10 medium), and what builds on it."
        ),
        table_head="| number | chapter | minutes | points | exercises |",
        chapter_facts="About {minutes} minutes, {count} exercises, {points} points.",
        start="Work on it in your own editor: `brick init my-course`, then `brick check {label}`.",
        notebook="Download the notebook",
        colab="Open in Colab",
        minutes="about {minutes} minutes",
        difficulty=("easy", "medium", "hard"),
        points="points: {points}",
        bonus="bonus, not counted",
        between=" · ",
        needed_by="{names} builds on it",
        tasks="a block of <code>brick build</code>: {tasks}",
        nothing="nothing else builds on it",
        listing=", ",
    ),
    "zh": Words(
        lessons="课程",
        how_to_read=(
            "一共十二章，可以按顺序学，也可以挑着学：每一章都自成一体，还没写好的积木，`brick build` 会先借给你。"
            "每道练习旁边标有所需时间（全章时间按分值分摊）、难度（看参考答案的长短：4 条语句以内算容易，10 条以内算中等），"
            "以及后面还有哪些内容要用到它。"
        ),
        table_head="| 编号 | 章节 | 分钟 | 分值 | 练习 |",
        chapter_facts="约 {minutes} 分钟，{count} 道练习，共 {points} 分。",
        start="想在自己的编辑器里做：先运行 `brick init my-course`，再运行 `brick check {label}`。",
        notebook="下载笔记本",
        colab="在 Colab 中打开",
        minutes="约 {minutes} 分钟",
        difficulty=("容易", "中等", "较难"),
        points="{points} 分",
        bonus="选做，不计分",
        between=" · ",
        needed_by="{names} 要用到它",
        tasks="<code>brick build</code> 的积木：{tasks}",
        nothing="别处用不到它",
        listing="、",
    ),
}
