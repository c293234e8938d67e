"""Which page stands below which, and what each is called in the menus."""

from __future__ import annotations

# A page: those below it, each with its name in English and in Chinese.
BELOW = {
    "index.md": {
        "lessons/index": ("Lessons", "课程"),
        "first-steps-learner": ("Learn", "学"),
        "first-steps-instructor": ("Teach", "教"),
        "first-steps-author": ("Write", "出题"),
        "faq": ("Questions", "常见问题"),
    },
    "first-steps-learner.md": {
        "one-click": ("One click", "一键开始"),
        "browser": ("In the browser", "在浏览器里"),
    },
    "first-steps-instructor.md": {
        "grading": ("Release, grade, report", "发布、批改与报告"),
        "instructors": ("Settle it by hand", "人工裁定"),
        "nbgrader": ("nbgrader", "nbgrader"),
        "lms": ("Learning platforms", "教学平台"),
        "similarity": ("Similar files", "雷同文件"),
        "sandbox": ("The sandbox", "沙箱"),
        "gpu": ("A GPU", "GPU"),
        "cluster": ("Several machines", "多台机器"),
        "performance": ("What grading costs", "批改的开销"),
        "scale": ("A hundred thousand learners", "10 万名学生"),
    },
    "first-steps-author.md": {
        "own-course": ("A course of your own", "自己的课程"),
        "checks": ("Writing checks", "编写检查"),
        "formats": ("Formats", "文件格式"),
        "reference": ("Reference", "接口参考"),
        "architecture": ("Architecture", "架构"),
        "changelog": ("Changes", "更新日志"),
    },
}


def contents(page: str, language: str) -> str:
    """The list of the pages below this one, as Sphinx reads it; empty for one that has none."""
    below = BELOW.get(page, {})
    lines = [f"{names[language == 'zh']} <{name}>" for name, names in below.items()]
    return "\n".join(["\n```{toctree}", ":hidden:", "", *lines, "```", ""]) if lines else ""
