<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>About</name>
    <message>
        <source>About xferstudio</source>
        <translation>关于 xferstudio</translation>
    </message>
    <message>
        <source>Version {version}</source>
        <translation>版本 {version}</translation>
    </message>
    <message>
        <source>A studio for transfer learning: from a folder of images to a model that you can trust and take away. Everything that the window does, the command line does too.

Free software under the Apache License 2.0.</source>
        <translation>迁移学习工作室：从一个图像文件夹，到一个值得信赖、可以带走的模型。窗口里能做的事，命令行也都能做。

自由软件，采用 Apache License 2.0 许可。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>AdaptSection</name>
    <message>
        <source>With images of another domain, without labels, a model can be carried over to them: such strategies are offered once the project has a target domain.</source>
        <translation>若有另一个域的无标签图像，可以把模型迁移过去：项目有了目标域之后，就会提供这类策略。</translation>
    </message>
    <message>
        <source>Add one with the data</source>
        <translation>到数据页添加</translation>
    </message>
    <message>
        <source>Or carry it over to the target domain</source>
        <translation>或者迁移到目标域</translation>
    </message>
    <message>
        <source>By how far apart the domains are, those that are marked are worth trying first.</source>
        <translation>根据两个域相距的远近，标出的策略值得先尝试。</translation>
    </message>
    <message>
        <source>They learn from the labelled images and from those of the target domain, which need no labels. &quot;How far apart?&quot; on the data page says which one to try first.</source>
        <translation>它们同时从有标签的图像和无需标签的目标域图像中学习。数据页上的“相距多远？”会说明先尝试哪一个。</translation>
    </message>
    <message>
        <source>Fewer strategies</source>
        <translation>收起策略</translation>
    </message>
    <message>
        <source>All {count} strategies</source>
        <translation>全部 {count} 种策略</translation>
    </message>
    <message>
        <source>Only {count} images of the target domain: strategies that need just their means and variances (AdaBN, Deep CORAL) are safer.</source>
        <translation>目标域只有 {count} 张图像：只需要其均值和方差的策略（AdaBN、Deep CORAL）更稳妥。</translation>
    </message>
    <message>
        <source>The two domains may not share all classes. Aligning them as a whole can do harm then; MCC, SHOT and self-training bear it better.</source>
        <translation>两个域可能并不共有所有类别。此时整体对齐可能有害；MCC、SHOT 和自训练更能承受。</translation>
    </message>
</context>
<context>
    <name>AddDialog</name>
    <message>
        <source>Add images</source>
        <translation>添加图像</translation>
    </message>
    <message>
        <source>Images to add: {count}</source>
        <translation>待添加的图像：{count}</translation>
    </message>
    <message>
        <source>They are copied into the folder of the project&apos;s data. The files you dropped stay as they are.</source>
        <translation>图像会复制到项目的数据文件夹中，您拖入的原文件保持不变。</translation>
    </message>
    <message>
        <source>Keep the folders as classes</source>
        <translation>保留文件夹作为类别</translation>
    </message>
    <message>
        <source>All in one class</source>
        <translation>全部归入一个类别</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>an existing class, or a new one</source>
        <translation>已有的类别，或新类别</translation>
    </message>
    <message>
        <source>Not added: {reasons}</source>
        <translation>未添加：{reasons}</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Adder</name>
    <message>
        <source>The run could not be added to the project.</source>
        <translation>无法把这次运行添加到项目中。</translation>
    </message>
</context>
<context>
    <name>AddingBar</name>
    <message>
        <source>Progress of adding</source>
        <translation>添加进度</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Images to add</source>
        <translation>要添加的图像</translation>
    </message>
    <message>
        <source>Images are being added already; wait until that has ended.</source>
        <translation>正在添加图像，请等它完成。</translation>
    </message>
    <message>
        <source>The images of this project are listed in the table {table}, which xferstudio does not write to. Add a line for each new image there; the project takes them up by itself.</source>
        <translation>这个项目的图像列在表格 {table} 中，xferstudio 不会改写它。请为每张新图像在表格中添加一行，项目会自动采用。</translation>
    </message>
    <message>
        <source>{name} is in the folder of the project&apos;s data already.</source>
        <translation>{name} 已经在项目的数据文件夹中。</translation>
    </message>
    <message>
        <source>Looking through what was dropped…</source>
        <translation>正在扫描拖入的内容…</translation>
    </message>
    <message>
        <source>There are no images in what was dropped.</source>
        <translation>拖入的内容里没有图像。</translation>
    </message>
    <message>
        <source>Copying images into the project…</source>
        <translation>正在把图像复制到项目…</translation>
    </message>
    <message>
        <source>Copying images into the project: {done} of {total}</source>
        <translation>正在把图像复制到项目：{done}/{total}</translation>
    </message>
    <message>
        <source>Added: {count}.</source>
        <translation>已添加：{count}。</translation>
    </message>
    <message>
        <source>Skipped, since their content is in the project already: {count}.</source>
        <translation>已跳过（内容在项目中已存在）：{count}。</translation>
    </message>
    <message>
        <source>Could not be read: {count}.</source>
        <translation>无法读取：{count}。</translation>
    </message>
    <message>
        <source>You stopped it; what was copied stays.</source>
        <translation>您停止了添加，已复制的图像会保留。</translation>
    </message>
</context>
<context>
    <name>Advice</name>
    <message>
        <source>Only {count} images to train on: with fewer than {few}, extracting features is usually as good, and far faster.</source>
        <translation>只有 {count} 张训练图像：少于 {few} 张时，特征提取通常效果相当，而且快得多。</translation>
    </message>
    <message>
        <source>All layers learn from only {count} images: the network may forget what it knows. Let the last 2 stages learn (stages = 2), or collect more images.</source>
        <translation>全部层只靠 {count} 张图像学习，网络可能会忘掉已有的知识。建议只让最后 2 个阶段学习（阶段数 = 2），或收集更多图像。</translation>
    </message>
    <message>
        <source>A learning rate of {rate} is high for {optimizer}: training may not settle. Try {better}.</source>
        <translation>对 {optimizer} 来说，{rate} 的学习率偏高，训练可能难以收敛。可以试试 {better}。</translation>
    </message>
    <message>
        <source>All pretrained layers learn at up to {rate}, which is high: what the network knows may be lost. Lower the learning rate or backbone rate.</source>
        <translation>所有预训练层的学习率最高达到 {rate}，偏高，网络已有的知识可能会丢失。请调低学习率或主干学习率。</translation>
    </message>
    <message>
        <source>About {count} images to train on for each class are very few: expect wide intervals, and collect more where you can.</source>
        <translation>平均每个类别只有约 {count} 张训练图像，非常少：结果的置信区间会很宽，条件允许时请收集更多图像。</translation>
    </message>
    <message>
        <source>No images are kept for the test: the accuracy will be that of images which chose the model.</source>
        <translation>没有为测试保留图像：得到的准确率来自挑选模型时用过的图像。</translation>
    </message>
</context>
<context>
    <name>AuditSession</name>
    <message>
        <source>The images could not be chosen.</source>
        <translation>无法选出图像。</translation>
    </message>
</context>
<context>
    <name>AuditWindow</name>
    <message>
        <source>Label a few images for {run}</source>
        <translation>为 {run} 给少量图像加标签</translation>
    </message>
    <message>
        <source>How accurate is {run} on the target domain?</source>
        <translation>{run} 在目标域上有多准确？</translation>
    </message>
    <message>
        <source>You are shown a few images of the target, chosen so that little says much: say of each what it shows. From your labels follows how often the model is right on all of them, with an interval, and whether another run would be the better choice. What the model says of an image is not shown, so that it does not sway you.</source>
        <translation>您会看到少量目标域图像，它们经过挑选，以少见多：请说出每张显示的是什么。由您的标签可以推出模型在全部图像上有多常正确（附区间），以及另一次运行是否是更好的选择。模型对图像的判断不会显示，以免影响您。</translation>
    </message>
    <message>
        <source>How many images</source>
        <translation>多少张图像</translation>
    </message>
    <message>
        <source>30 take about two minutes; more make the interval narrower.</source>
        <translation>30 张约需两分钟；越多区间越窄。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Begin</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>the class of this number</source>
        <translation>选择该编号的类别</translation>
    </message>
    <message>
        <source>letters, then Enter</source>
        <translation>字母，然后回车</translation>
    </message>
    <message>
        <source>where there are more classes: the first one whose name has these letters; Up and Down choose too</source>
        <translation>类别较多时：选择名称含这些字母的第一个类别；也可用上下方向键选择</translation>
    </message>
    <message>
        <source>Space or 0</source>
        <translation>空格或 0</translation>
    </message>
    <message>
        <source>cannot tell</source>
        <translation>看不出来</translation>
    </message>
    <message>
        <source>- (minus)</source>
        <translation>-（减号）</translation>
    </message>
    <message>
        <source>none of these classes: every model is wrong about it</source>
        <translation>不属于这些类别：所有模型都判断错误</translation>
    </message>
    <message>
        <source>Backspace</source>
        <translation>退格</translation>
    </message>
    <message>
        <source>undo, back to the image before</source>
        <translation>撤销，回到前一张图像</translation>
    </message>
    <message>
        <source>end, and see what the labels say so far</source>
        <translation>结束，查看目前的标签说明了什么</translation>
    </message>
    <message>
        <source>Images that are labelled</source>
        <translation>已加标签的图像</translation>
    </message>
    <message>
        <source>What does this image show?</source>
        <translation>这张图像显示的是什么？</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>None of these (-)</source>
        <translation>都不是（-）</translation>
    </message>
    <message>
        <source>Cannot tell (Space)</source>
        <translation>看不出来（空格）</translation>
    </message>
    <message>
        <source>Undo (Backspace)</source>
        <translation>撤销（退格）</translation>
    </message>
    <message>
        <source>End here (Esc)</source>
        <translation>到此结束（Esc）</translation>
    </message>
    <message>
        <source>{run} on the target domain</source>
        <translation>{run} 在目标域上</translation>
    </message>
    <message>
        <source>Accuracy on the target</source>
        <translation>目标域上的准确率</translation>
    </message>
    <message>
        <source>What the labels say</source>
        <translation>标签说明了什么</translation>
    </message>
    <message>
        <source>Go on labelling</source>
        <translation>继续加标签</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Image {number} of {count}</source>
        <translation>第 {number} 张，共 {count} 张</translation>
    </message>
    <message>
        <source>Names with “{letters}”; Enter takes the marked one</source>
        <translation>名称含“{letters}”；按回车选择标出的类别</translation>
    </message>
    <message>
        <source>No image is labelled yet, so nothing is measured.</source>
        <translation>还没有给图像加标签，因此什么也没有测量。</translation>
    </message>
    <message>
        <source>About so often the model is right on all images of the target; the truth is probably {interval}. Judged by your labels of {labelled} images.</source>
        <translation>模型在目标域全部图像上大约有这么常正确；真实值可能在 {interval}。依据您给 {labelled} 张图像加的标签。</translation>
    </message>
    <message>
        <source>More labels would narrow that.</source>
        <translation>更多标签会缩小这一范围。</translation>
    </message>
    <message>
        <source>Rather use {choice} than {run}: by your labels it is better.</source>
        <translation>宁可使用 {choice} 而不是 {run}：按您的标签，它更好。</translation>
    </message>
    <message>
        <source>Keep {run}: there is no other model to compare it with.</source>
        <translation>保留 {run}：没有其他模型可以比较。</translation>
    </message>
    <message>
        <source>Keep {run}: by your labels it is better than the others.</source>
        <translation>保留 {run}：按您的标签，它比其他的更好。</translation>
    </message>
    <message>
        <source>Keep {run}: no other run is clearly better.</source>
        <translation>保留 {run}：没有其他运行明显更好。</translation>
    </message>
    <message>
        <source>{run} is better: {points} points (between {low} and {high})</source>
        <translation>{run} 更好：{points} 个百分点（介于 {low} 和 {high} 之间）</translation>
    </message>
    <message>
        <source>{run} is worse: {points} points (between {low} and {high})</source>
        <translation>{run} 更差：{points} 个百分点（介于 {low} 和 {high} 之间）</translation>
    </message>
    <message>
        <source>{run} is too close to call: {points} points (between {low} and {high})</source>
        <translation>{run} 难分高下：{points} 个百分点（介于 {low} 和 {high} 之间）</translation>
    </message>
</context>
<context>
    <name>BackboneModel</name>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>on this machine</source>
        <translation>在本机</translation>
    </message>
    <message>
        <source>to be fetched</source>
        <translation>需要下载</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>未知</translation>
    </message>
</context>
<context>
    <name>BackbonePicker</name>
    <message>
        <source>Choose another</source>
        <translation>更换网络</translation>
    </message>
    <message>
        <source>Search, or type any timm name or the path of a weights file</source>
        <translation>搜索，或输入任意 timm 模型名或权重文件的路径</translation>
    </message>
    <message>
        <source>Search networks</source>
        <translation>搜索网络</translation>
    </message>
    <message>
        <source>From disk…</source>
        <translation>从磁盘选择…</translation>
    </message>
    <message>
        <source>A file of weights…</source>
        <translation>权重文件…</translation>
    </message>
    <message>
        <source>A folder as timm writes it…</source>
        <translation>timm 格式的文件夹…</translation>
    </message>
    <message>
        <source>Networks</source>
        <translation>网络列表</translation>
    </message>
    <message>
        <source>No network is chosen</source>
        <translation>尚未选择网络</translation>
    </message>
    <message>
        <source>Not in the list; it is looked up when the run begins.</source>
        <translation>不在列表中，训练开始时再查找。</translation>
    </message>
    <message>
        <source>{parameters} parameters · images of {size} · licence {licence} · {where}</source>
        <translation>{parameters} 个参数 · 图像尺寸 {size} · 许可证 {licence} · {where}</translation>
    </message>
    <message>
        <source>The weights are fetched from the internet when the run begins.</source>
        <translation>训练开始时会从互联网下载权重。</translation>
    </message>
    <message>
        <source>Its licence does not allow commercial use.</source>
        <translation>它的许可证不允许商业用途。</translation>
    </message>
    <message>
        <source>Close the list</source>
        <translation>收起列表</translation>
    </message>
    <message>
        <source>Use {id}</source>
        <translation>使用 {id}</translation>
    </message>
    <message>
        <source>None in the list. Press Enter to use {id}: any name of timm works, and any file of weights.</source>
        <translation>列表中没有匹配项。按 Enter 键使用 {id}：timm 的任意模型名和任意权重文件都可以。</translation>
    </message>
    <message>
        <source>A file of weights</source>
        <translation>权重文件</translation>
    </message>
    <message>
        <source>Weights (*.safetensors *.pth *.pt *.bin)</source>
        <translation>权重文件 (*.safetensors *.pth *.pt *.bin)</translation>
    </message>
    <message>
        <source>A folder as timm writes it</source>
        <translation>timm 格式的文件夹</translation>
    </message>
</context>
<context>
    <name>Balance</name>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>All images</source>
        <translation>全部图像</translation>
    </message>
    <message>
        <source>no class</source>
        <translation>无类别</translation>
    </message>
    <message>
        <source>New class…</source>
        <translation>新建类别…</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>未采用</translation>
    </message>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>val</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>{label}: {number} images</source>
        <translation>{label}：{number} 张图像</translation>
    </message>
</context>
<context>
    <name>ClassDialog</name>
    <message>
        <source>Move</source>
        <translation>移动</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>There is a class of this name: the two become one.</source>
        <translation>已有同名类别：两者将合并为一个。</translation>
    </message>
    <message>
        <source>A new class.</source>
        <translation>将新建这个类别。</translation>
    </message>
</context>
<context>
    <name>ClassName</name>
    <message>
        <source>A class needs a name.</source>
        <translation>请填写类别名称。</translation>
    </message>
    <message>
        <source>The name is too long.</source>
        <translation>名称太长。</translation>
    </message>
    <message>
        <source>The name of a class cannot begin or end with a dot.</source>
        <translation>类别名称不能以点开头或结尾。</translation>
    </message>
    <message>
        <source>The name of a class is also that of a folder: it cannot hold any of / \ : * ? &quot; &lt; &gt; |</source>
        <translation>类别名称同时也是文件夹名称，不能包含以下字符：/ \ : * ? &quot; &lt; &gt; |</translation>
    </message>
    <message>
        <source>This is the name of a split, which would be taken for one.</source>
        <translation>这是划分的名称，会被误认为划分。</translation>
    </message>
</context>
<context>
    <name>ComparePage</name>
    <message>
        <source>Nothing to compare yet</source>
        <translation>还没有可比较的内容</translation>
    </message>
    <message>
        <source>When two runs or more have finished, this page says which is better, or that it is too close.</source>
        <translation>完成两次或更多运行后，这里会告诉您哪一个更好，或者差距太小、难分高下。</translation>
    </message>
    <message>
        <source>Go to Train</source>
        <translation>前往训练页</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Filter runs</source>
        <translation>筛选运行</translation>
    </message>
    <message>
        <source>Filter runs by name, strategy, backbone or state</source>
        <translation>按名称、策略、主干网络或状态筛选运行</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>列</translation>
    </message>
    <message>
        <source>Choose the columns of the table</source>
        <translation>选择表格中显示的列</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Choose two runs or more to compare them below.</source>
        <translation>选择两个或更多运行，在下方比较。</translation>
    </message>
    <message>
        <source>What sets the chosen runs apart</source>
        <translation>所选运行之间的差异</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>结论</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>选项</translation>
    </message>
    <message>
        <source>Confusion</source>
        <translation>混淆</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>On the target</source>
        <translation>目标域</translation>
    </message>
    <message>
        <source>Open the chosen image</source>
        <translation>打开所选图像</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试用</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Open the run in Train</source>
        <translation>在训练页中打开</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
</context>
<context>
    <name>ConfusionMatrix</name>
    <message>
        <source>Rows: true class. Columns: predicted class.</source>
        <translation>行：真实类别。列：预测类别。</translation>
    </message>
    <message>
        <source>Shares of the row</source>
        <translation>占该行的比例</translation>
    </message>
    <message>
        <source>Confusion matrix</source>
        <translation>混淆矩阵</translation>
    </message>
    <message>
        <source>Rows are true classes, columns are predicted classes.</source>
        <translation>行是真实类别，列是预测类别。</translation>
    </message>
    <message>
        <source>Copy the matrix</source>
        <translation>复制矩阵</translation>
    </message>
    <message>
        <source>{true} taken for {predicted} ({count} of {total})</source>
        <translation>{true} 误认为 {predicted}（{total} 张中有 {count} 张）</translation>
    </message>
    <message>
        <source>Most often: {pairs}.</source>
        <translation>最常见的混淆：{pairs}。</translation>
    </message>
    <message>
        <source>No mistakes.</source>
        <translation>没有错误。</translation>
    </message>
</context>
<context>
    <name>ConfusionModel</name>
    <message>
        <source>{true}: {count} of {total} recognised ({share})</source>
        <translation>{true}：{total} 张中正确识别 {count} 张（{share}）</translation>
    </message>
    <message>
        <source>{true} taken for {predicted}: {count} of {total} ({share})</source>
        <translation>{true} 误认为 {predicted}：{total} 张中有 {count} 张（{share}）</translation>
    </message>
    <message>
        <source>predicted {name}</source>
        <translation>预测为 {name}</translation>
    </message>
    <message>
        <source>true {name}</source>
        <translation>实为 {name}</translation>
    </message>
</context>
<context>
    <name>ConfusionsView</name>
    <message>
        <source>Confusion matrices</source>
        <translation>混淆矩阵</translation>
    </message>
    <message>
        <source>test images</source>
        <translation>测试图像</translation>
    </message>
    <message>
        <source>validation images</source>
        <translation>验证图像</translation>
    </message>
    <message>
        <source>It has no predictions yet: let it finish.</source>
        <translation>还没有预测结果：请等它训练完成。</translation>
    </message>
    <message>
        <source>Choose runs in the table to see which classes they confuse.</source>
        <translation>在表格中选择运行，查看它们混淆了哪些类别。</translation>
    </message>
    <message>
        <source>Choose fewer runs to see the others.</source>
        <translation>其余的没有显示，请少选几个运行。</translation>
    </message>
</context>
<context>
    <name>CurveCards</name>
    <message>
        <source>step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>轮</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>准确率</translation>
    </message>
    <message>
        <source>Learning rates</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Parts of the loss</source>
        <translation>各项损失</translation>
    </message>
    <message>
        <source>Measures of the strategy</source>
        <translation>策略的度量</translation>
    </message>
    <message>
        <source>Images per second</source>
        <translation>每秒图像数</translation>
    </message>
    <message>
        <source>Time spent waiting for data</source>
        <translation>等待数据的时间</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>GB</source>
        <translation>GB</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>训练步</translation>
    </message>
    <message>
        <source>training, smoothed</source>
        <translation>训练（平滑）</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>validation, with its 95 % interval</source>
        <translation>验证，含 95 % 区间</translation>
    </message>
    <message>
        <source>images per second</source>
        <translation>每秒图像数</translation>
    </message>
    <message>
        <source>share of the time</source>
        <translation>所占时间比例</translation>
    </message>
    <message>
        <source>main memory</source>
        <translation>主内存</translation>
    </message>
    <message>
        <source>memory of the device</source>
        <translation>设备内存</translation>
    </message>
</context>
<context>
    <name>CurvesView</name>
    <message>
        <source>Choose runs in the table to lay their curves over one another.</source>
        <translation>在表格中选择运行，把它们的曲线叠放在一起。</translation>
    </message>
    <message>
        <source>Validation accuracy</source>
        <translation>验证准确率</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>轮</translation>
    </message>
    <message>
        <source>Validation loss</source>
        <translation>验证损失</translation>
    </message>
    <message>
        <source>Training loss, smoothed</source>
        <translation>训练损失（平滑）</translation>
    </message>
    <message>
        <source>step</source>
        <translation>步</translation>
    </message>
</context>
<context>
    <name>Dashboard</name>
    <message>
        <source>Course of the run</source>
        <translation>运行过程</translation>
    </message>
    <message>
        <source>Confusion matrix of the validation images</source>
        <translation>验证图像的混淆矩阵</translation>
    </message>
    <message>
        <source>Worst mistakes</source>
        <translation>最严重的错误</translation>
    </message>
    <message>
        <source>Most confidently wrong first, with the class that they belong to. Enter shows one with the data.</source>
        <translation>错得最自信的排在最前，并注明真实类别。按 Enter 键可在数据页中查看。</translation>
    </message>
</context>
<context>
    <name>DataPage</name>
    <message>
        <source>No project is open</source>
        <translation>没有打开的项目</translation>
    </message>
    <message>
        <source>Open a project, or drop a folder of images on the window to begin one.</source>
        <translation>打开一个项目，或把图像文件夹拖到窗口上，新建一个项目。</translation>
    </message>
    <message>
        <source>Go to the start</source>
        <translation>前往开始页</translation>
    </message>
    <message>
        <source>Looking through the images</source>
        <translation>正在扫描图像</translation>
    </message>
    <message>
        <source>This takes a moment the first time; later only what is new is read.</source>
        <translation>第一次需要一点时间，以后只读取新增的内容。</translation>
    </message>
    <message>
        <source>There are no images here yet</source>
        <translation>这里还没有图像</translation>
    </message>
    <message>
        <source>Drop images here, or folders of them: each folder inside becomes a class.</source>
        <translation>把图像或文件夹拖到这里：其中的每个文件夹会成为一个类别。</translation>
    </message>
    <message>
        <source>Add images…</source>
        <translation>添加图像…</translation>
    </message>
    <message>
        <source>The images cannot be looked through</source>
        <translation>无法扫描图像</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Drop to add images to the project</source>
        <translation>松开即可把图像添加到项目</translation>
    </message>
    <message>
        <source>Nothing matches</source>
        <translation>没有匹配的图像</translation>
    </message>
    <message>
        <source>No image passes all of the filters that are set.</source>
        <translation>没有图像符合当前设置的所有筛选条件。</translation>
    </message>
    <message>
        <source>Clear filters</source>
        <translation>清除筛选</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Look through the images again</source>
        <translation>重新扫描图像</translation>
    </message>
    <message>
        <source>Bars: train, val and test, from strong to faint. Drag images onto a class to move them.</source>
        <translation>条形：训练、验证、测试，由深到浅。把图像拖到某个类别上即可移动。</translation>
    </message>
    <message>
        <source>Drop to make it the target domain</source>
        <translation>松开以设为目标域</translation>
    </message>
    <message>
        <source>Add a target domain…</source>
        <translation>添加目标域…</translation>
    </message>
    <message>
        <source>Images of another domain, without labels, that the model is to be carried to</source>
        <translation>另一个域的无标签图像，模型将迁移到那里</translation>
    </message>
    <message>
        <source>{done} of {total} files</source>
        <translation>{done}/{total} 个文件</translation>
    </message>
    <message>
        <source>{done} files found</source>
        <translation>已找到 {done} 个文件</translation>
    </message>
    <message>
        <source>{found} found = {used} used + {left_out} left out · train {train} · val {val} · test {test}</source>
        <translation>找到 {found} = 采用 {used} + 未采用 {left_out} · 训练 {train} · 验证 {val} · 测试 {test}</translation>
    </message>
    <message>
        <source>looking again…</source>
        <translation>正在重新扫描…</translation>
    </message>
    <message>
        <source>Select the images first that the new class is for.</source>
        <translation>请先选择要归入新类别的图像。</translation>
    </message>
    <message>
        <source>{number} of {count}</source>
        <translation>{number}/{count}</translation>
    </message>
    <message>
        <source>Show large, and back</source>
        <translation>放大查看，再按返回</translation>
    </message>
    <message>
        <source>Large: next or previous image</source>
        <translation>大图：下一张或上一张</translation>
    </message>
    <message>
        <source>Large: nearer, farther, whole, pixel by pixel</source>
        <translation>大图：放大、缩小、整张、原始像素</translation>
    </message>
    <message>
        <source>Select this image too, or all</source>
        <translation>加选这张，或全选</translation>
    </message>
    <message>
        <source>Move to class 1 to 9</source>
        <translation>移到第 1 至 9 类</translation>
    </message>
    <message>
        <source>Move to another class</source>
        <translation>移到其他类别</translation>
    </message>
    <message>
        <source>Exclude, or use again</source>
        <translation>排除，或重新采用</translation>
    </message>
    <message>
        <source>Class: rename</source>
        <translation>类别：重命名</translation>
    </message>
    <message>
        <source>Class: move the selected images here</source>
        <translation>类别：把选中的图片移到这里</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>查找</translation>
    </message>
</context>
<context>
    <name>DisagreementView</name>
    <message>
        <source>First run</source>
        <translation>第一个运行</translation>
    </message>
    <message>
        <source>Second run</source>
        <translation>第二个运行</translation>
    </message>
    <message>
        <source>against</source>
        <translation>对比</translation>
    </message>
    <message>
        <source>Images on which the runs disagree</source>
        <translation>各运行答案不一致的图像</translation>
    </message>
    <message>
        <source>Choose two finished runs or more to see which images only one of them gets right.</source>
        <translation>选择两个或更多已完成的运行，查看哪些图像只有其中一个判断正确。</translation>
    </message>
    <message>
        <source>Choose two different runs.</source>
        <translation>请选择两个不同的运行。</translation>
    </message>
    <message>
        <source>Both are right and wrong on the same of {count} images.</source>
        <translation>在 {count} 张图像上，两者的对错完全一致。</translation>
    </message>
    <message>
        <source>Of {count} images that both were measured on; surest mistakes first.</source>
        <translation>两者都测过的 {count} 张图像中，错得最确定的排在最前。</translation>
    </message>
    <message>
        <source>Only {run} is right: {count}</source>
        <translation>只有 {run} 正确：{count}</translation>
    </message>
    <message>
        <source>said {label} ({confidence})</source>
        <translation>判为 {label} {confidence}</translation>
    </message>
</context>
<context>
    <name>DomainAccuracyView</name>
    <message>
        <source>Can the domains be told apart?</source>
        <translation>两个域能否被区分？</translation>
    </message>
    <message>
        <source>step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>训练步</translation>
    </message>
    <message>
        <source>right about the domain, smoothed</source>
        <translation>判断域的正确率（平滑）</translation>
    </message>
</context>
<context>
    <name>DomainMapView</name>
    <message>
        <source>Map of both domains</source>
        <translation>两个域的分布图</translation>
    </message>
    <message>
        <source>Images that the network sees alike lie close together. When adapting works, the crosses come to lie on the circles of their colour.</source>
        <translation>网络看来相似的图像彼此靠近。自适应有效时，叉号会移到同色的圆点上。</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>源域</translation>
    </message>
    <message>
        <source>Show or hide the labelled images</source>
        <translation>显示或隐藏有标签的图像</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标域</translation>
    </message>
    <message>
        <source>Show or hide the images of the target domain</source>
        <translation>显示或隐藏目标域的图像</translation>
    </message>
    <message>
        <source>The arrow keys go from image to image; the slider below goes through the epochs.</source>
        <translation>方向键在图像之间移动；下方的滑块在各轮之间移动。</translation>
    </message>
    <message>
        <source>Epoch of the map</source>
        <translation>分布图所属的轮</translation>
    </message>
    <message>
        <source>Go back to the map of an earlier epoch</source>
        <translation>回到较早一轮的分布图</translation>
    </message>
    <message>
        <source>before training</source>
        <translation>训练之前</translation>
    </message>
    <message>
        <source>after epoch {number}</source>
        <translation>第 {number} 轮之后</translation>
    </message>
    <message>
        <source>Show or hide the class {name}</source>
        <translation>显示或隐藏类别 {name}</translation>
    </message>
    <message>
        <source>Source: {name}</source>
        <translation>源域：{name}</translation>
    </message>
    <message>
        <source>Target, taken for: {name}</source>
        <translation>目标域，判断为：{name}</translation>
    </message>
</context>
<context>
    <name>DomainWords</name>
    <message>
        <source>Accuracy on the source</source>
        <translation>源域准确率</translation>
    </message>
    <message>
        <source>Share of the validation images of the source that are recognised.</source>
        <translation>源域验证图像中被正确识别的份额。</translation>
    </message>
    <message>
        <source>Information</source>
        <translation>信息</translation>
    </message>
    <message>
        <source>Predictions on the target are sure, and of all classes.</source>
        <translation>对目标域的预测有把握，并涵盖所有类别。</translation>
    </message>
    <message>
        <source>Nuclear norm (BNM)</source>
        <translation>核范数（BNM）</translation>
    </message>
    <message>
        <source>Predictions on the target are sure and diverse.</source>
        <translation>对目标域的预测有把握且多样。</translation>
    </message>
    <message>
        <source>Clusters (ClassAMI)</source>
        <translation>聚类（ClassAMI）</translation>
    </message>
    <message>
        <source>Clusters of the target&apos;s features agree with what is predicted.</source>
        <translation>目标域特征的聚类与预测一致。</translation>
    </message>
    <message>
        <source>Weighted risk, normalised (DEVN)</source>
        <translation>加权风险，归一化（DEVN）</translation>
    </message>
    <message>
        <source>As DEV, with weights of at most one, which makes it steadier.</source>
        <translation>与 DEV 相同，但权重不超过一，因而更稳定。</translation>
    </message>
    <message>
        <source>Weighted risk (DEV)</source>
        <translation>加权风险（DEV）</translation>
    </message>
    <message>
        <source>The loss on source images, those that look like the target counting more.</source>
        <translation>源域图像上的损失，与目标域相像的图像权重更大。</translation>
    </message>
    <message>
        <source>Neighbourhoods (SND)</source>
        <translation>邻域（SND）</translation>
    </message>
    <message>
        <source>Target images that are predicted alike lie close together.</source>
        <translation>预测相同的目标域图像彼此靠近。</translation>
    </message>
    <message>
        <source>Sureness (entropy)</source>
        <translation>把握程度（熵）</translation>
    </message>
    <message>
        <source>Predictions on the target are sure.</source>
        <translation>对目标域的预测有把握。</translation>
    </message>
    <message>
        <source>Adapting helped</source>
        <translation>自适应有帮助</translation>
    </message>
    <message>
        <source>No evidence that adapting helped or hurt</source>
        <translation>没有证据表明自适应有帮助或有害</translation>
    </message>
    <message>
        <source>Negative transfer: adapting did harm</source>
        <translation>负迁移：自适应有害</translation>
    </message>
    <message>
        <source>helped</source>
        <translation>有帮助</translation>
    </message>
    <message>
        <source>no evidence</source>
        <translation>没有证据</translation>
    </message>
    <message>
        <source>did harm</source>
        <translation>有害</translation>
    </message>
    <message>
        <source>The signs agree well on the order (Kendall&apos;s W = {figure} of 1).</source>
        <translation>各信号对排序相当一致（肯德尔 W = {figure}，最大为 1）。</translation>
    </message>
    <message>
        <source>The signs agree in part on the order (Kendall&apos;s W = {figure} of 1).</source>
        <translation>各信号对排序部分一致（肯德尔 W = {figure}，最大为 1）。</translation>
    </message>
    <message>
        <source>The signs hardly agree on the order (Kendall&apos;s W = {figure} of 1), so the choice is a weak one.</source>
        <translation>各信号对排序几乎不一致（肯德尔 W = {figure}，最大为 1），因此这一选择较弱。</translation>
    </message>
    <message>
        <source>The second network is right about the domain in only {share} of the cases: it is deceived rather than at a loss, so this alone does not show that the features are aligned.</source>
        <translation>第二个网络判断域的正确率只有 {share}：它是被欺骗，而不是无从判断，因此单凭这一点不能说明特征已经对齐。</translation>
    </message>
    <message>
        <source>The second network is right about the domain in {share} of the cases, as by tossing a coin: the features are aligned, or it has not learned to tell the domains apart yet.</source>
        <translation>第二个网络判断域的正确率为 {share}，如同抛硬币：特征已经对齐，或者它还没有学会区分两个域。</translation>
    </message>
    <message>
        <source>The second network is right about the domain in {share} of the cases: the features are nearly aligned.</source>
        <translation>第二个网络判断域的正确率为 {share}：特征已接近对齐。</translation>
    </message>
    <message>
        <source>The second network is right about the domain in {share} of the cases: the features still tell the domains apart.</source>
        <translation>第二个网络判断域的正确率为 {share}：特征仍能区分两个域。</translation>
    </message>
</context>
<context>
    <name>Domains</name>
    <message>
        <source>Source</source>
        <translation>源域</translation>
    </message>
    <message>
        <source>The labelled images, from which the network learns</source>
        <translation>有标签的图像，网络从中学习</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标域</translation>
    </message>
    <message>
        <source>The images of the other domain, without labels</source>
        <translation>另一个域的图像，没有标签</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>并排</translation>
    </message>
    <message>
        <source>Both domains beside each other</source>
        <translation>两个域并排显示</translation>
    </message>
    <message>
        <source>How far apart?</source>
        <translation>相距多远？</translation>
    </message>
    <message>
        <source>Measure how far apart the two domains are, and which strategies that suggests</source>
        <translation>测量两个域相距多远，以及由此建议哪些策略</translation>
    </message>
    <message>
        <source>Looking at the images of the target domain…</source>
        <translation>正在查看目标域的图像…</translation>
    </message>
    <message>
        <source>Images of another domain, without labels</source>
        <translation>另一个域的图像，没有标签</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>Keep the old one</source>
        <translation>保留原来的</translation>
    </message>
    <message>
        <source>Make {name} the target domain, in place of {old}? Runs that have ended keep what they have found.</source>
        <translation>把 {name} 设为目标域，取代 {old}？已结束的运行保留其结果。</translation>
    </message>
    <message>
        <source>Take it away</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Take the target domain away from this project? Its images stay where they are, and so do runs that have ended; adaptations that are still to run cannot run then.</source>
        <translation>从项目中移除目标域？其图像原地不动，已结束的运行也保留；尚未运行的自适应届时无法运行。</translation>
    </message>
</context>
<context>
    <name>Editor</name>
    <message>
        <source>Move {count} to {label}</source>
        <translation>把 {count} 张移到 {label}</translation>
    </message>
    <message>
        <source>Exclude {count}</source>
        <translation>排除 {count} 张</translation>
    </message>
    <message>
        <source>Include {count}</source>
        <translation>重新采用 {count} 张</translation>
    </message>
    <message>
        <source>Move {count} to {split}</source>
        <translation>把 {count} 张移到 {split} 划分</translation>
    </message>
    <message>
        <source>Merge {old} into {new}</source>
        <translation>把 {old} 并入 {new}</translation>
    </message>
    <message>
        <source>Rename {old} to {new}</source>
        <translation>把 {old} 重命名为 {new}</translation>
    </message>
    <message>
        <source>Take back changes of {count}</source>
        <translation>撤回 {count} 张的修改</translation>
    </message>
    <message>
        <source>Label {count} added images</source>
        <translation>为新添加的 {count} 张图像标注类别</translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <source>The run {run} is being run by another process already (pid {count}); wait for it, or stop it first.</source>
        <translation>运行 {run} 正由另一个进程执行（pid {count}）；请等它结束，或先将其停止。</translation>
    </message>
    <message>
        <source>The run {run} cannot be taken out of {file}; delete its table there by hand.</source>
        <translation>无法将运行 {run} 从 {file} 中移除；请手动删除其中对应的表。</translation>
    </message>
    <message>
        <source>labels of a few target images would tell more than the signs (xferstudio audit)</source>
        <translation>给少量目标域图像加标签，会比信号说明更多（xferstudio audit）</translation>
    </message>
    <message>
        <source>No run was trained from scratch, so nothing here says whether transfer helped.</source>
        <translation>没有从零开始训练的运行，因此这里无法说明迁移是否有帮助。</translation>
    </message>
    <message>
        <source>{run} was stopped early, so nothing is judged against it.</source>
        <translation>{run} 被提前停止，因此不以它为基准作任何判断。</translation>
    </message>
    <message>
        <source>Extract features</source>
        <translation>特征提取</translation>
    </message>
    <message>
        <source>Keeps the pretrained network as it is and learns only a small classifier on what it sees. Fast, hard to overfit: start here, and stay here with fewer than about 200 images.</source>
        <translation>预训练网络保持不变，只在它提取的特征上学习一个小分类器。速度快，不易过拟合：从这里开始；图像少于约 200 张时，也就用它。</translation>
    </message>
    <message>
        <source>Fine-tune</source>
        <translation>微调</translation>
    </message>
    <message>
        <source>Fits the classifier first, then lets the last layers adjust gently to your images. Take it with a few hundred images or more, when extracting features is not good enough.</source>
        <translation>先拟合分类器，再让最后几层针对您的图像轻微调整。有几百张以上图像、而特征提取效果不够好时使用。</translation>
    </message>
    <message>
        <source>From scratch (baseline)</source>
        <translation>从零训练（基线）</translation>
    </message>
    <message>
        <source>Trains the same network without its pretrained weights. Not meant to win: it shows whether transfer helped at all.</source>
        <translation>不使用预训练权重，训练同一个网络。目的不是取胜，而是看迁移到底有没有用。</translation>
    </message>
    <message>
        <source>Linear probe, then fine-tune</source>
        <translation>先线性探测，再微调</translation>
    </message>
    <message>
        <source>Trains the classifier on the frozen network, then lets the last stages adjust too.</source>
        <translation>先在冻结的网络上训练分类器，再让最后几个阶段一起调整。</translation>
    </message>
    <message>
        <source>head</source>
        <translation>分类头</translation>
    </message>
    <message>
        <source>strength</source>
        <translation>正则强度</translation>
    </message>
    <message>
        <source>folds</source>
        <translation>折数</translation>
    </message>
    <message>
        <source>neighbours</source>
        <translation>近邻数</translation>
    </message>
    <message>
        <source>hidden</source>
        <translation>隐藏层宽度</translation>
    </message>
    <message>
        <source>dropout</source>
        <translation>随机失活</translation>
    </message>
    <message>
        <source>epochs</source>
        <translation>轮数</translation>
    </message>
    <message>
        <source>batch size</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>epoch steps</source>
        <translation>每轮最少步数</translation>
    </message>
    <message>
        <source>learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>views</source>
        <translation>增强版本数</translation>
    </message>
    <message>
        <source>augment</source>
        <translation>数据增强</translation>
    </message>
    <message>
        <source>balance</source>
        <translation>类别平衡</translation>
    </message>
    <message>
        <source>precision</source>
        <translation>计算精度</translation>
    </message>
    <message>
        <source>optimizer</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>warmup</source>
        <translation>预热</translation>
    </message>
    <message>
        <source>schedule</source>
        <translation>学习率调度</translation>
    </message>
    <message>
        <source>clip</source>
        <translation>梯度裁剪</translation>
    </message>
    <message>
        <source>label smoothing</source>
        <translation>标签平滑</translation>
    </message>
    <message>
        <source>mixup</source>
        <translation>Mixup 混合</translation>
    </message>
    <message>
        <source>cutmix</source>
        <translation>CutMix 混合</translation>
    </message>
    <message>
        <source>ema</source>
        <translation>权重滑动平均</translation>
    </message>
    <message>
        <source>patience</source>
        <translation>早停耐心</translation>
    </message>
    <message>
        <source>cache</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>stages</source>
        <translation>阶段数</translation>
    </message>
    <message>
        <source>backbone rate</source>
        <translation>主干学习率</translation>
    </message>
    <message>
        <source>layer decay</source>
        <translation>逐层衰减</translation>
    </message>
    <message>
        <source>gradual</source>
        <translation>逐步解冻</translation>
    </message>
    <message>
        <source>l2 sp</source>
        <translation>L2-SP 正则</translation>
    </message>
    <message>
        <source>head first</source>
        <translation>先拟合分类头</translation>
    </message>
    <message>
        <source>batch norm</source>
        <translation>批归一化</translation>
    </message>
    <message>
        <source>probe epochs</source>
        <translation>探测轮数</translation>
    </message>
    <message>
        <source>strategy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>logistic</source>
        <translation>逻辑回归</translation>
    </message>
    <message>
        <source>prototype</source>
        <translation>原型</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>flip</source>
        <translation>翻转</translation>
    </message>
    <message>
        <source>standard</source>
        <translation>标准</translation>
    </message>
    <message>
        <source>strong</source>
        <translation>强</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>加权</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>cosine</source>
        <translation>余弦</translation>
    </message>
    <message>
        <source>constant</source>
        <translation>恒定</translation>
    </message>
    <message>
        <source>sampling</source>
        <translation>重采样</translation>
    </message>
    <message>
        <source>logistic: best for most; mlp: for many images; knn, prototype: for very few images a class.</source>
        <translation>逻辑回归：适合大多数情况；mlp：适合图像很多时；knn、原型：适合每类图像极少时。</translation>
    </message>
    <message>
        <source>Pull of the logistic head towards zero; 0 chooses it by cross-validation.</source>
        <translation>把逻辑回归分类头的权重拉向零的强度；0 表示用交叉验证选择。</translation>
    </message>
    <message>
        <source>Folds of that cross-validation.</source>
        <translation>交叉验证的折数。</translation>
    </message>
    <message>
        <source>Neighbours that vote (knn); 0 chooses their number.</source>
        <translation>参与投票的近邻数（knn）；0 表示自动选择。</translation>
    </message>
    <message>
        <source>Width of the hidden layer (mlp).</source>
        <translation>隐藏层的宽度（mlp）。</translation>
    </message>
    <message>
        <source>Share of hidden values dropped in training (mlp).</source>
        <translation>训练中随机丢弃的隐藏值的比例（mlp）。</translation>
    </message>
    <message>
        <source>How often the mlp sees every image.</source>
        <translation>mlp 遍历全部图像的次数。</translation>
    </message>
    <message>
        <source>Images per step of the mlp.</source>
        <translation>mlp 每步使用的图像数。</translation>
    </message>
    <message>
        <source>Step size of the mlp.</source>
        <translation>mlp 的步长。</translation>
    </message>
    <message>
        <source>Pull of the mlp&apos;s weights towards zero.</source>
        <translation>把 mlp 的权重拉向零的强度。</translation>
    </message>
    <message>
        <source>Seeds folds, initial weights and order.</source>
        <translation>决定分折、初始权重和顺序的随机种子。</translation>
    </message>
    <message>
        <source>Augmented versions of each image that are added to the training set; 4 gain about a point of accuracy and take about five times the time.</source>
        <translation>为每张图像生成多少个增强版本，加入训练集；4 个可提高约 1 个百分点的准确率，用时约为 5 倍。</translation>
    </message>
    <message>
        <source>What an augmented version may change.</source>
        <translation>增强版本可以有哪些变化。</translation>
    </message>
    <message>
        <source>weights: rare classes count more, for unequal classes.</source>
        <translation>加权：稀有类别占更大权重，用于类别不均衡时。</translation>
    </message>
    <message>
        <source>Arithmetic of the network.</source>
        <translation>网络计算所用的数值精度。</translation>
    </message>
    <message>
        <source>How often every training image is seen after the head is fitted.</source>
        <translation>拟合分类头之后，遍历全部训练图像的次数。</translation>
    </message>
    <message>
        <source>Images per optimizer step.</source>
        <translation>优化器每步使用的图像数。</translation>
    </message>
    <message>
        <source>Least steps in an epoch: where there are too few images for so many, they are passed several times.</source>
        <translation>每一轮最少的步数：图像太少、凑不满这么多步时，会把它们重复使用几遍。</translation>
    </message>
    <message>
        <source>Step size for the head; layers below take a fraction.</source>
        <translation>分类头的步长；下面各层取其一部分。</translation>
    </message>
    <message>
        <source>Seeds initial weights, order and augmentation.</source>
        <translation>决定初始权重、顺序和数据增强的随机种子。</translation>
    </message>
    <message>
        <source>Augmented versions of each image that are computed once and reused, besides the plain one; 0: none; -1: fresh augmentation in every epoch (slower, the frozen layers run every time).</source>
        <translation>除原图外，每张图像预先计算并重复使用的增强版本数；0：不增强；-1：每轮重新增强（较慢，冻结层每次都要计算）。</translation>
    </message>
    <message>
        <source>Pull of the weights towards zero.</source>
        <translation>把权重拉向零的强度。</translation>
    </message>
    <message>
        <source>Update rule.</source>
        <translation>权重的更新规则。</translation>
    </message>
    <message>
        <source>Share of each phase in which the rate rises.</source>
        <translation>每个阶段中学习率上升部分所占的比例。</translation>
    </message>
    <message>
        <source>Largest norm of the gradient; 0 does not clip.</source>
        <translation>梯度范数的上限；0 表示不裁剪。</translation>
    </message>
    <message>
        <source>Share of the label given to all classes.</source>
        <translation>分给所有类别的标签比例。</translation>
    </message>
    <message>
        <source>Strength of mixing pairs of samples; 0 is off.</source>
        <translation>两两混合样本的强度；0 表示关闭。</translation>
    </message>
    <message>
        <source>Strength of pasting patches between samples; 0 is off. Where samples are no maps (tokens), mixup takes its place.</source>
        <translation>在样本之间粘贴图块的强度；0 表示关闭。样本不是特征图（而是 token）时，改用 Mixup。</translation>
    </message>
    <message>
        <source>For unequal classes: weigh rare classes more in the loss, or draw them more often.</source>
        <translation>类别不均衡时：在损失中给稀有类别更大权重，或更频繁地抽取它们。</translation>
    </message>
    <message>
        <source>Decay of the moving average of the weights; 0 is off.</source>
        <translation>权重滑动平均的衰减系数；0 表示关闭。</translation>
    </message>
    <message>
        <source>Epochs without improvement before stopping early; 0 never stops.</source>
        <translation>连续多少轮没有改进就提前停止；0 表示从不提前停止。</translation>
    </message>
    <message>
        <source>Compute the frozen layers once per image and keep the result.</source>
        <translation>每张图像只计算一次冻结层，并保存结果。</translation>
    </message>
    <message>
        <source>How many of the last stages learn; -1: the whole network.</source>
        <translation>最后多少个阶段参与学习；-1：整个网络。</translation>
    </message>
    <message>
        <source>Rate of the last stage as a share of the head&apos;s.</source>
        <translation>最后一个阶段的学习率占分类头学习率的比例。</translation>
    </message>
    <message>
        <source>Each stage learns at this share of the one above.</source>
        <translation>每个阶段的学习率占上一阶段的比例。</translation>
    </message>
    <message>
        <source>Unfreeze one stage after another instead of all at once.</source>
        <translation>逐个阶段解冻，而不是一次全部解冻。</translation>
    </message>
    <message>
        <source>Pull of the backbone towards its pretrained weights.</source>
        <translation>把主干网络拉向其预训练权重的强度。</translation>
    </message>
    <message>
        <source>Fit the head on frozen features before anything else learns.</source>
        <translation>在其他部分学习之前，先用冻结的特征拟合分类头。</translation>
    </message>
    <message>
        <source>Let batch-norm statistics follow the new images.</source>
        <translation>让批归一化的统计量随新图像更新。</translation>
    </message>
    <message>
        <source>How often every training image is seen.</source>
        <translation>遍历全部训练图像的次数。</translation>
    </message>
    <message>
        <source>Step size for all layers.</source>
        <translation>所有层的步长。</translation>
    </message>
    <message>
        <source>Epochs of fine-tuning, after the probe.</source>
        <translation>探测之后微调的轮数。</translation>
    </message>
    <message>
        <source>Epochs in which the classifier alone learns.</source>
        <translation>只训练分类器的轮数。</translation>
    </message>
    <message>
        <source>Last stages that are fine-tuned; -1: the whole network.</source>
        <translation>参与微调的最后几个阶段；-1：整个网络。</translation>
    </message>
    <message>
        <source>Their rate as a share of the classifier&apos;s.</source>
        <translation>它们的学习率占分类器学习率的比例。</translation>
    </message>
    <message>
        <source>ONNX file</source>
        <translation>ONNX 文件</translation>
    </message>
    <message>
        <source>One file that runs without PyTorch, in most languages: raw RGB pixels of any size in, class probabilities out; resizing and class names are inside.</source>
        <translation>单个文件，不依赖 PyTorch，可用于大多数编程语言：输入任意尺寸的原始 RGB 像素，输出各类别概率；缩放步骤和类别名称都在文件中。</translation>
    </message>
    <message>
        <source>timm folder</source>
        <translation>timm 文件夹</translation>
    </message>
    <message>
        <source>A folder with config.json and model.safetensors that timm loads as a pretrained model of your classes; for timm&apos;s own networks with a linear head.</source>
        <translation>包含 config.json 和 model.safetensors 的文件夹，timm 可把它作为您这些类别的预训练模型载入；适用于 timm 自带的网络加线性分类头。</translation>
    </message>
    <message>
        <source>torch.export program</source>
        <translation>torch.export 程序</translation>
    </message>
    <message>
        <source>For PyTorch, from the version that wrote it on: images that are resized already (uint8, N x height x width x 3) in, class probabilities out, any number at once; how to resize stands in the extra file xferstudio.json.</source>
        <translation>用于 PyTorch（不低于写出它的版本）：输入已缩放的图像（uint8，N × 高 × 宽 × 3），数量不限，输出各类别概率；缩放方法写在附带的 xferstudio.json 中。</translation>
    </message>
    <message>
        <source>last stages</source>
        <translation>最后几个阶段</translation>
    </message>
    <message>
        <source>all layers</source>
        <translation>所有层</translation>
    </message>
    <message>
        <source>linear probe</source>
        <translation>线性探测</translation>
    </message>
    <message>
        <source>fine-tune</source>
        <translation>微调</translation>
    </message>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>backbone</source>
        <translation>主干网络</translation>
    </message>
    <message>
        <source>all</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>log10 strength</source>
        <translation>强度的对数（log10）</translation>
    </message>
    <message>
        <source>l2-sp</source>
        <translation>L2-SP</translation>
    </message>
    <message>
        <source>bilinear</source>
        <translation>双线性插值</translation>
    </message>
    <message>
        <source>bicubic</source>
        <translation>双三次插值</translation>
    </message>
    <message>
        <source>lanczos</source>
        <translation>Lanczos 插值</translation>
    </message>
    <message>
        <source>nearest</source>
        <translation>最近邻插值</translation>
    </message>
    <message>
        <source>box</source>
        <translation>区域平均</translation>
    </message>
    <message>
        <source>looking through the images</source>
        <translation>正在扫描图像</translation>
    </message>
    <message>
        <source>computing features</source>
        <translation>正在计算特征</translation>
    </message>
    <message>
        <source>computing features (augmented versions)</source>
        <translation>正在计算特征（增强版本）</translation>
    </message>
    <message>
        <source>reading images</source>
        <translation>正在读取图像</translation>
    </message>
    <message>
        <source>evaluating the validation images</source>
        <translation>正在评估验证图像</translation>
    </message>
    <message>
        <source>evaluating the test images</source>
        <translation>正在评估测试图像</translation>
    </message>
    <message>
        <source>comparing with the app</source>
        <translation>正在与本程序对比</translation>
    </message>
    <message>
        <source>no label</source>
        <translation>没有标签</translation>
    </message>
    <message>
        <source>excluded by you</source>
        <translation>已由您排除</translation>
    </message>
    <message>
        <source>hidden file</source>
        <translation>隐藏文件</translation>
    </message>
    <message>
        <source>hidden folder, not entered</source>
        <translation>隐藏文件夹，未进入</translation>
    </message>
    <message>
        <source>folder of a project, not entered</source>
        <translation>项目文件夹，未进入</translation>
    </message>
    <message>
        <source>empty file</source>
        <translation>空文件</translation>
    </message>
    <message>
        <source>broken link</source>
        <translation>失效的链接</translation>
    </message>
    <message>
        <source>not a regular file</source>
        <translation>不是普通文件</translation>
    </message>
    <message>
        <source>link to a folder that is catalogued already</source>
        <translation>指向已收录文件夹的链接</translation>
    </message>
    <message>
        <source>not in a class folder</source>
        <translation>不在类别文件夹中</translation>
    </message>
    <message>
        <source>not an image file (no ending)</source>
        <translation>不是图像文件（没有扩展名）</translation>
    </message>
    <message>
        <source>the same content as</source>
        <translation>内容与留出的图像相同</translation>
    </message>
    <message>
        <source>in the same group</source>
        <translation>与留出的图像同组</translation>
    </message>
    <message>
        <source>row without a path</source>
        <translation>该行没有路径</translation>
    </message>
    <message>
        <source>row with more cells than the header</source>
        <translation>该行的单元格多于表头</translation>
    </message>
    <message>
        <source>file with a name that is not valid text; rename it</source>
        <translation>文件名不是有效文本，请重命名</translation>
    </message>
    <message>
        <source>folder with a name that is not valid text; rename it</source>
        <translation>文件夹名不是有效文本，请重命名</translation>
    </message>
    <message>
        <source>not an image: it is a film</source>
        <translation>不是图像：是视频</translation>
    </message>
    <message>
        <source>not an image: a Git LFS pointer, the picture itself was not downloaded</source>
        <translation>不是图像：是 Git LFS 指针，图像本身没有下载</translation>
    </message>
    <message>
        <source>not an image: it is a PDF document</source>
        <translation>不是图像：是 PDF 文档</translation>
    </message>
    <message>
        <source>not an image: it holds only zeros</source>
        <translation>不是图像：内容全为零</translation>
    </message>
    <message>
        <source>not an image: it is a web page or an XML file</source>
        <translation>不是图像：是网页或 XML 文件</translation>
    </message>
    <message>
        <source>not an image: it is a text file</source>
        <translation>不是图像：是文本文件</translation>
    </message>
    <message>
        <source>not an image: no known picture format</source>
        <translation>不是图像：不是已知的图像格式</translation>
    </message>
    <message>
        <source>damaged: the beginning of the picture cannot be read</source>
        <translation>已损坏：图像开头无法读取</translation>
    </message>
    <message>
        <source>damaged: the file is cut short</source>
        <translation>已损坏：文件不完整</translation>
    </message>
    <message>
        <source>damaged: the HEIC picture cannot be read</source>
        <translation>已损坏：HEIC 图像无法读取</translation>
    </message>
    <message>
        <source>damaged: the AVIF picture cannot be read</source>
        <translation>已损坏：AVIF 图像无法读取</translation>
    </message>
    <message>
        <source>the file is missing</source>
        <translation>文件不存在</translation>
    </message>
    <message>
        <source>no permission to read the file</source>
        <translation>没有读取该文件的权限</translation>
    </message>
    <message>
        <source>not enough memory to decode it</source>
        <translation>内存不足，无法解码</translation>
    </message>
    <message>
        <source>HEIC pictures need the package pillow-heif (pip install xferstudio[formats])</source>
        <translation>读取 HEIC 图像需要安装 pillow-heif（pip install xferstudio[formats]）</translation>
    </message>
    <message>
        <source>HEIF pictures need the package pillow-heif (pip install xferstudio[formats])</source>
        <translation>读取 HEIF 图像需要安装 pillow-heif（pip install xferstudio[formats]）</translation>
    </message>
    <message>
        <source>AVIF pictures need Pillow 11.3 or newer (pip install --upgrade pillow)</source>
        <translation>读取 AVIF 图像需要 Pillow 11.3 或更新版本（pip install --upgrade pillow）</translation>
    </message>
    <message>
        <source>the disk is full; free some space and try again</source>
        <translation>磁盘已满，请腾出空间后重试</translation>
    </message>
    <message>
        <source>your disk quota is used up; free some space and try again</source>
        <translation>磁盘配额已用完，请腾出空间后重试</translation>
    </message>
    <message>
        <source>permission is denied; choose a folder that you may write to</source>
        <translation>没有权限，请选择您可以写入的文件夹</translation>
    </message>
    <message>
        <source>the disk is read-only; choose a folder on another disk</source>
        <translation>磁盘是只读的，请选择其他磁盘上的文件夹</translation>
    </message>
    <message>
        <source>its folder does not exist; make the folder first</source>
        <translation>所在文件夹不存在，请先创建</translation>
    </message>
    <message>
        <source>a part of its path is a file and not a folder; choose another place</source>
        <translation>路径中有一部分是文件而不是文件夹，请选择其他位置</translation>
    </message>
    <message>
        <source>there is a folder of that name; remove or rename it</source>
        <translation>已有同名文件夹，请移除或重命名</translation>
    </message>
    <message>
        <source>the name is too long; choose a shorter one</source>
        <translation>名称太长，请换一个短些的</translation>
    </message>
    <message>
        <source>cross-validation is done; now the final model is trained on all of these images</source>
        <translation>交叉验证已完成，现在用全部这些图像训练最终模型</translation>
    </message>
    <message>
        <source>this network has no feature map that shows where it looks</source>
        <translation>这个网络没有能显示关注位置的特征图</translation>
    </message>
    <message>
        <source>Each recipe was trained once. The verdicts are about these trained models; other seeds give somewhat other ones.</source>
        <translation>每种方案只训练了一次。结论针对的是这些训练出的模型；换用其他随机种子，结果会略有不同。</translation>
    </message>
    <message>
        <source>{name} (comes with the program)</source>
        <translation>{name}（随程序附带）</translation>
    </message>
    <message>
        <source>last {number} stages</source>
        <translation>最后 {number} 个阶段</translation>
    </message>
    <message>
        <source>stage {number}</source>
        <translation>阶段 {number}</translation>
    </message>
    <message>
        <source>{why} (no decay)</source>
        <translation>{why}（无衰减）</translation>
    </message>
    <message>
        <source>the same content as {path}, which is held out for val</source>
        <translation>与 {path} 内容相同，后者留作验证</translation>
    </message>
    <message>
        <source>the same content as {path}, which is held out for test</source>
        <translation>与 {path} 内容相同，后者留作测试</translation>
    </message>
    <message>
        <source>in the same group ({group}) as {path}, which is held out for val</source>
        <translation>与 {path} 同组（{group}），后者留作验证</translation>
    </message>
    <message>
        <source>in the same group ({group}) as {path}, which is held out for test</source>
        <translation>与 {path} 同组（{group}），后者留作测试</translation>
    </message>
    <message>
        <source>not an image file ({ending})</source>
        <translation>不是图像文件（{ending}）</translation>
    </message>
    <message>
        <source>not in a split folder ({splits})</source>
        <translation>不在划分文件夹中（{splits}）</translation>
    </message>
    <message>
        <source>{why} (row {row} of {table})</source>
        <translation>{why}（{table} 第 {row} 行）</translation>
    </message>
    <message>
        <source>listed twice, in rows {row} and {again} of {table}</source>
        <translation>重复列出，在 {table} 的第 {row} 行和第 {again} 行</translation>
    </message>
    <message>
        <source>listed twice, in rows {row} and {again} of {table}, there as {first}, here as {second}; the first counts</source>
        <translation>重复列出，在 {table} 的第 {row} 行和第 {again} 行，前者为 {first}，后者为 {second}；以前者为准</translation>
    </message>
    <message>
        <source>folder that cannot be read: {why}</source>
        <translation>文件夹无法读取：{why}</translation>
    </message>
    <message>
        <source>the file cannot be read: {why}</source>
        <translation>文件无法读取：{why}</translation>
    </message>
    <message>
        <source>cannot be read: {why}</source>
        <translation>无法读取：{why}</translation>
    </message>
    <message>
        <source>too large to be decoded safely: {width} × {height} pixels, the limit is {limit} million</source>
        <translation>太大，无法安全解码：{width} × {height} 像素，上限为 {limit} 百万像素</translation>
    </message>
    <message>
        <source>too large to be decoded safely: the limit is {limit} million pixels</source>
        <translation>太大，无法安全解码：上限为 {limit} 百万像素</translation>
    </message>
    <message>
        <source>damaged: {why}</source>
        <translation>已损坏：{why}</translation>
    </message>
    <message>
        <source>{count} images are left out because a copy of them is held out</source>
        <translation>{count} 张图像未采用，因为相同内容已留作验证或测试</translation>
    </message>
    <message>
        <source>1 image stands in two classes with the same content: {paths}</source>
        <translation>1 张图像以相同内容分属两个类别：{paths}</translation>
    </message>
    <message>
        <source>{count} images stand in two classes with the same content: {paths}; and {more} more, in summary.json</source>
        <translation>{count} 张图像内容相同，却分属两个类别：{paths}；另有 {more} 张见 summary.json</translation>
    </message>
    <message>
        <source>{count} images stand in two classes with the same content: {paths}</source>
        <translation>{count} 张图像内容相同，却分属两个类别：{paths}</translation>
    </message>
    <message>
        <source>too few images to hold some out for the test in the class {names}: how well they are recognised is never tested</source>
        <translation>类别 {names} 的图像太少，无法留出用于测试：它的识别效果从未经过测试</translation>
    </message>
    <message>
        <source>too few images to hold some out for the test in the classes {names}: how well they are recognised is never tested</source>
        <translation>类别 {names} 的图像太少，无法留出用于测试：它们的识别效果从未经过测试</translation>
    </message>
    <message>
        <source>the folder {name} holds no pictures</source>
        <translation>文件夹 {name} 中没有图像</translation>
    </message>
    <message>
        <source>the folders {names} hold no class folders, so their pictures have no labels</source>
        <translation>文件夹 {names} 中没有类别文件夹，因此其中的图像没有标签</translation>
    </message>
    <message>
        <source>all pictures are in the one folder {name}, which has folders inside: is that the one to open?</source>
        <translation>所有图像都在文件夹 {name} 里，它还有子文件夹：要打开的是不是它？</translation>
    </message>
    <message>
        <source>the split cannot be written down, so images added later may change it: {why}</source>
        <translation>划分无法记录下来，以后添加图像时划分可能会变：{why}</translation>
    </message>
    <message>
        <source>1 file cannot be read and is left out: {path}: {why}</source>
        <translation>1 个文件无法读取，未采用：{path}（{why}）</translation>
    </message>
    <message>
        <source>{count} files cannot be read and are left out: {files}</source>
        <translation>{count} 个文件无法读取，未采用：{files}</translation>
    </message>
    <message>
        <source>nothing is computed once: {why}; the whole network runs in every step</source>
        <translation>没有可以预先计算的部分：{why}；每一步都要运行整个网络</translation>
    </message>
    <message>
        <source>stopped early: no improvement for {count} epochs; epoch {best} was the best</source>
        <translation>提前停止：连续 {count} 轮没有改进；第 {best} 轮最好</translation>
    </message>
    <message>
        <source>a batch of {wanted} does not fit into memory: each step is split into parts of {count} images, with the same effective batch size</source>
        <translation>内存容纳不下大小为 {wanted} 的批：每步拆成若干份，每份 {count} 张图像，有效批大小不变</translation>
    </message>
    <message>
        <source>out of memory at step {step}: each step is now split into parts of {count} images, with the same effective batch size; batch norm sees the smaller parts</source>
        <translation>第 {step} 步内存不足：此后每步拆成若干份，每份 {count} 张图像，有效批大小不变；批归一化看到的是较小的份</translation>
    </message>
    <message>
        <source>out of memory at step {step}: each step is now split into parts of {count} images, with the same effective batch size</source>
        <translation>第 {step} 步内存不足：此后每步拆成若干份，每份 {count} 张图像，有效批大小不变</translation>
    </message>
    <message>
        <source>{fault} at step {step}: back to step {back}, on with a rate 10 times smaller</source>
        <translation>第 {step} 步出现 {fault}：回到第 {back} 步，以十分之一的学习率继续</translation>
    </message>
    <message>
        <source>the settings of the run {run} have changed since {folder}, so it starts afresh</source>
        <translation>运行 {run} 的设置在 {folder} 之后有改动，因此重新开始</translation>
    </message>
    <message>
        <source>interrupted on {machine}, resumed on {other}: the run goes on from there, but not to the last digit as if it had never been interrupted</source>
        <translation>在 {machine} 上中断，在 {other} 上恢复：运行从断点继续，但结果不会与从未中断时完全一致</translation>
    </message>
    <message>
        <source>cross-validation: fold {fold} of {folds}</source>
        <translation>交叉验证：第 {fold}/{folds} 折</translation>
    </message>
    <message>
        <source>stopped in fold {fold} of {folds}: the model of this fold is kept, which has not seen the images held out in it</source>
        <translation>在第 {fold}/{folds} 折停止：保留这一折的模型，它没有见过该折留出的图像</translation>
    </message>
    <message>
        <source>computed in {precision}; float32 throughout would change {changed} of {count} validation predictions that were checked</source>
        <translation>以 {precision} 计算；若全程使用 float32，所检查的 {count} 个验证预测中有 {changed} 个会改变</translation>
    </message>
    <message>
        <source>trained in {precision}, evaluated in float32</source>
        <translation>以 {precision} 训练，以 float32 评估</translation>
    </message>
    <message>
        <source>computed in {precision}; when these features were computed, float32 throughout would have changed {changed} of {count} validation predictions</source>
        <translation>以 {precision} 计算；计算这些特征时，若全程使用 float32，{count} 个验证预测中有 {changed} 个会改变</translation>
    </message>
    <message>
        <source>features are computed by {means}; on {count} images they differ from float32 by {moved} (limit {limit})</source>
        <translation>特征以 {means} 计算；在 {count} 张图像上与 float32 相差 {moved}（上限 {limit}）</translation>
    </message>
    <message>
        <source>no heat map can be made: {why}</source>
        <translation>无法生成热力图：{why}</translation>
    </message>
    <message>
        <source>no heat map could be made: {why}</source>
        <translation>未能生成热力图：{why}</translation>
    </message>
    <message>
        <source>below {limit}</source>
        <translation>小于 {limit}</translation>
    </message>
    <message>
        <source>{count} images in {groups} groups</source>
        <translation>{count} 张图像（{groups} 组）</translation>
    </message>
    <message>
        <source>{count} images</source>
        <translation>{count} 张图像</translation>
    </message>
    <message>
        <source>1 image</source>
        <translation>1 张图像</translation>
    </message>
    <message>
        <source>{count} files</source>
        <translation>{count} 个文件</translation>
    </message>
    <message>
        <source>{count} files (fewer than {minimum}: there are no more that can be read)</source>
        <translation>{count} 个文件（少于 {minimum} 个：能读取的只有这些）</translation>
    </message>
    <message>
        <source>{count} files ({ties} in a tie of the two best classes)</source>
        <translation>{count} 个文件（其中 {ties} 个的前两个类别不相上下）</translation>
    </message>
    <message>
        <source>1 file</source>
        <translation>1 个文件</translation>
    </message>
    <message>
        <source>it names another class for {files}; a probability differs by {difference}, and {limit} is allowed</source>
        <translation>{files}的类别不同；概率相差 {difference}，而允许的差异为 {limit}</translation>
    </message>
    <message>
        <source>it names another class for {files}</source>
        <translation>{files}的类别不同</translation>
    </message>
    <message>
        <source>a probability differs by {difference}, and {limit} is allowed</source>
        <translation>概率相差 {difference}，而允许的差异为 {limit}</translation>
    </message>
    <message>
        <source>it could not answer for {files} ({example})</source>
        <translation>{files}得不到结果（{example}）</translation>
    </message>
    <message>
        <source>export as {why}</source>
        <translation>导出的 {why}</translation>
    </message>
    <message>
        <source>Writing {name}.</source>
        <translation>正在写入 {name}。</translation>
    </message>
    <message>
        <source>The {label} is NOT proven: there was no image file to compare it on.</source>
        <translation>{label}未经验证：没有可用于对比的图像文件。</translation>
    </message>
    <message>
        <source>The {label} FAILS the comparison with the app on {files}: {why}. Do not rely on it.</source>
        <translation>{label}在 {files}上与本程序的对比未通过：{why}。请不要依赖它。</translation>
    </message>
    <message>
        <source>The {label} agrees with the app on all of {files}; the largest difference of a probability is {difference}.</source>
        <translation>{label}在 {files}上与本程序完全一致；概率最大差异：{difference}。</translation>
    </message>
    <message>
        <source>{files} could not be read and took no part in the comparison.</source>
        <translation>{files}无法读取，未参与对比。</translation>
    </message>
    <message>
        <source>With {means} instead, {same} of {files} get the same class, and probabilities differ by up to {difference}.</source>
        <translation>若改用 {means}，{files}中有 {same} 个类别相同，概率最多相差 {difference}。</translation>
    </message>
    <message>
        <source>The app itself read {files} at a reduced scale, as it does with large JPEG files; this alone changes its probabilities by up to {difference}.</source>
        <translation>本程序以缩小的尺寸读取了 {files}（大型 JPEG 文件都是如此）；仅此一项，概率最多改变 {difference}。</translation>
    </message>
    <message>
        <source>With {images} the accuracy is only known to lie somewhere between {low} and {high}; more labelled images would narrow that.</source>
        <translation>只有 {images}，只能确定准确率在 {low} 到 {high} 之间；增加有标注的图像可以缩小这个范围。</translation>
    </message>
    <message>
        <source>{run}: With {images} the accuracy is only known to lie somewhere between {low} and {high}; more labelled images would narrow that.</source>
        <translation>{run}：只有 {images}，只能确定准确率在 {low} 到 {high} 之间；增加有标注的图像可以缩小这个范围。</translation>
    </message>
    <message>
        <source>No image here is of the class {names}, so how well it is recognised is not known.</source>
        <translation>这里没有类别 {names} 的图像，因此它的识别效果未知。</translation>
    </message>
    <message>
        <source>No image here is of the classes {names}, so how well they are recognised is not known.</source>
        <translation>这里没有类别 {names} 的图像，因此它们的识别效果未知。</translation>
    </message>
    <message>
        <source>{why} No image here is of the class {names}, so how well it is recognised is not known.</source>
        <translation>{why}这里没有类别 {names} 的图像，因此它的识别效果未知。</translation>
    </message>
    <message>
        <source>{why} No image here is of the classes {names}, so how well they are recognised is not known.</source>
        <translation>{why}这里没有类别 {names} 的图像，因此它们的识别效果未知。</translation>
    </message>
    <message>
        <source>Of the {count} test images {copies} is a copy of others. The figures of each run count all {all}; runs are compared on the {different} different ones.</source>
        <translation>{count} 张测试图像中有 {copies} 张是其他图像的副本。每个运行的指标按全部 {all} 张计算；运行之间的比较只用 {different} 张互不相同的图像。</translation>
    </message>
    <message>
        <source>Of the {count} test images {copies} are copies of others. The figures of each run count all {all}; runs are compared on the {different} different ones.</source>
        <translation>{count} 张测试图像中有 {copies} 张是其他图像的副本。每个运行的指标按全部 {all} 张计算；运行之间的比较只用 {different} 张互不相同的图像。</translation>
    </message>
    <message>
        <source>Of the {count} validation images {copies} is a copy of others. The figures of each run count all {all}; runs are compared on the {different} different ones.</source>
        <translation>{count} 张验证图像中有 {copies} 张是其他图像的副本。每个运行的指标按全部 {all} 张计算；运行之间的比较只用 {different} 张互不相同的图像。</translation>
    </message>
    <message>
        <source>Of the {count} validation images {copies} are copies of others. The figures of each run count all {all}; runs are compared on the {different} different ones.</source>
        <translation>{count} 张验证图像中有 {copies} 张是其他图像的副本。每个运行的指标按全部 {all} 张计算；运行之间的比较只用 {different} 张互不相同的图像。</translation>
    </message>
    <message>
        <source>The verdicts are corrected for looking at {count} pairs (Holm), so a difference must be clearer than between two runs alone. The intervals are of each pair for itself.</source>
        <translation>由于同时比较 {count} 对运行，结论已作校正（Holm 法），因此差异必须比只比较两个运行时更明显。区间则是每一对各自的。</translation>
    </message>
    <message>
        <source>{a} and {b} were measured on different images: only the {count} common ones are compared.</source>
        <translation>{a} 和 {b} 是在不同的图像上测试的：只比较共有的 {count} 张。</translation>
    </message>
    <message>
        <source>The labels of {count} images changed between {a} and {b}; these images are left out of their comparison.</source>
        <translation>{a} 和 {b} 之间有 {count} 张图像的标签变过，比较时不计入。</translation>
    </message>
    <message>
        <source>{a} and {b} know different classes, so one had a harder task than the other.</source>
        <translation>{a} 和 {b} 的类别不同，因此其中一个的任务更难。</translation>
    </message>
    <message>
        <source>Transfer helped: {why}</source>
        <translation>迁移有效：{why}</translation>
    </message>
    <message>
        <source>Negative transfer: {why}</source>
        <translation>负迁移：{why}</translation>
    </message>
    <message>
        <source>No evidence that transfer helped or hurt. {why}</source>
        <translation>没有证据表明迁移有益或有害。{why}</translation>
    </message>
    <message>
        <source>{b} is {points} points more accurate than training from scratch ({a}).</source>
        <translation>{b} 的准确率比从零训练（{a}）高 {points} 个百分点。</translation>
    </message>
    <message>
        <source>{b} is {points} points less accurate than training from scratch ({a}). These pretrained weights do not suit these images, or the settings hurt them.</source>
        <translation>{b} 的准确率比从零训练（{a}）低 {points} 个百分点。这些预训练权重不适合这些图像，或者设置妨碍了它们。</translation>
    </message>
    <message>
        <source>{a} and {b} share no measured images, so they cannot be compared.</source>
        <translation>{a} 和 {b} 没有共同测过的图像，无法比较。</translation>
    </message>
    <message>
        <source>{b} is better than {a}: {points} points more accurate on {images} (between {low} and {high} points).</source>
        <translation>{b} 优于 {a}：在 {images}上，准确率高 {points} 个百分点（介于 {low} 和 {high} 之间）。</translation>
    </message>
    <message>
        <source>{b} is worse than {a}: {points} points less accurate on {images} (between {low} and {high} points).</source>
        <translation>{b} 不如 {a}：在 {images}上，准确率低 {points} 个百分点（介于 {low} 和 {high} 之间）。</translation>
    </message>
    <message>
        <source>{images} are too little to tell {a} and {b} apart, whatever the outcome; measure on more.</source>
        <translation>{images}太少，无论结果如何都无法分出 {a} 和 {b} 的高下；请在更多图像上测试。</translation>
    </message>
    <message>
        <source>Too close to call: {a} and {b} are right on exactly the same of {images}.</source>
        <translation>难分高下：在 {images}中，{a} 和 {b} 正确的完全相同。</translation>
    </message>
    <message>
        <source>Too close to call: {b} alone is right on {b_only} of {images}, {a} alone on {a_only}; the true difference may lie between {low} and {high} points.</source>
        <translation>难分高下：在 {images}中，{b_only} 张只有 {b} 正确，{a_only} 张只有 {a} 正确；真实差异可能在 {low} 到 {high} 个百分点之间。</translation>
    </message>
    <message>
        <source>Too close to call: {b} alone is right on {b_only} of {images}, {a} alone on {a_only}; the true difference may lie between {low} and {high} points, yet among {count} comparisons one like it can be chance.</source>
        <translation>难分高下：在 {images}中，{b_only} 张只有 {b} 正确，{a_only} 张只有 {a} 正确；真实差异可能在 {low} 到 {high} 个百分点之间，但在 {count} 次比较中出现一次这样的差异可能只是偶然。</translation>
    </message>
    <message>
        <source>Cannot write {path}: {parent} is a file and not a folder; choose another place.</source>
        <translation>无法写入 {path}：{parent} 是文件而不是文件夹，请选择其他位置。</translation>
    </message>
    <message>
        <source>Cannot write {path}: {why}.</source>
        <translation>无法写入 {path}：{why}。</translation>
    </message>
    <message>
        <source>the feature store {path} cannot be written ({why}); free some space (`xferstudio cache clear` empties the store), or give it another place with the environment variable XFERSTUDIO_CACHE</source>
        <translation>无法写入特征缓存 {path}（{why}）；请腾出空间（`xferstudio cache clear` 可清空缓存），或用环境变量 XFERSTUDIO_CACHE 指定其他位置</translation>
    </message>
    <message>
        <source>the feature store {path} cannot be written ({why}); give it another place with the environment variable XFERSTUDIO_CACHE</source>
        <translation>无法写入特征缓存 {path}（{why}）；请用环境变量 XFERSTUDIO_CACHE 指定其他位置</translation>
    </message>
    <message>
        <source>the weights {path} are not those that the run {run} was made for: their content has changed, or is damaged. Put the right file back; or, if the change is wanted, add a run that takes the weights as they are now: {command}</source>
        <translation>权重 {path} 不是运行 {run} 原来使用的：内容已改变，或已损坏。请放回正确的文件；如果改变是有意的，请添加一个使用当前权重的运行：{command}</translation>
    </message>
    <message>
        <source>the weights {path} of the run {run} are not there, and not elsewhere near the project either. Put them back, or write their new place behind `backbone =` under [runs.{same}] in {file}.</source>
        <translation>运行 {run} 的权重 {path} 不在原处，在项目附近也没有找到。请放回原处，或在 {file} 的 [runs.{same}] 下的 `backbone =` 后面写上新位置。</translation>
    </message>
    <message>
        <source>There is no data at {path} ({why}). Check the path, or plug in the drive it is on.</source>
        <translation>{path} 处没有数据（{why}）。请检查路径，或接上数据所在的硬盘。</translation>
    </message>
    <message>
        <source>{path} is one picture. Give the folder that holds the pictures, or a table of them.</source>
        <translation>{path} 是一张图像。请给出存放图像的文件夹，或一个图像表格。</translation>
    </message>
    <message>
        <source>{path} is neither a folder nor a table. Give a folder of pictures, or a .csv or .parquet.</source>
        <translation>{path} 既不是文件夹，也不是表格。请给出图像文件夹，或 .csv、.parquet 文件。</translation>
    </message>
    <message>
        <source>The folder {path} cannot be read: {why}.</source>
        <translation>无法读取文件夹 {path}：{why}。</translation>
    </message>
    <message>
        <source>There is no folder or table {path}; name the place where the images are.</source>
        <translation>没有文件夹或表格 {path}，请指出图像所在的位置。</translation>
    </message>
    <message>
        <source>There is a project in {path} already; add runs to it, or choose another folder.</source>
        <translation>{path} 中已有项目；可以向它添加运行，或选择其他文件夹。</translation>
    </message>
    <message>
        <source>{path} is a file; choose another name for the project folder.</source>
        <translation>{path} 是一个文件，请为项目文件夹换一个名称。</translation>
    </message>
    <message>
        <source>Another program has been busy with {path} for {seconds} s; try again later.</source>
        <translation>另一个程序占用 {path} 已有 {seconds} 秒，请稍后再试。</translation>
    </message>
    <message>
        <source>The data of {name} is not at {path}, and not in {places} either. Put it back, or write its new place behind `{key} =` under [data] in {file}.</source>
        <translation>{name} 的数据不在 {path}，也不在 {places}。请把数据放回原处，或在 {file} 的 [data] 下的“{key} =”后面写上新位置。</translation>
    </message>
    <message>
        <source>The data of {name} is not at {path}, and not in {places} either. There is one of that name, but with other files. Put it back, or write its new place behind `{key} =` under [data] in {file}.</source>
        <translation>{name} 的数据不在 {path}，也不在 {places}。有一个同名的位置，但文件不同。请把数据放回原处，或在 {file} 的 [data] 下的“{key} =”后面写上新位置。</translation>
    </message>
    <message>
        <source>{path}, which holds your changes to the images, cannot be read ({why}); put back a copy of it, or delete it to go on without these changes.</source>
        <translation>记录图像修改的 {path} 无法读取（{why}）；请用备份恢复它，或删除它以放弃这些修改继续。</translation>
    </message>
    <message>
        <source>{path}, which holds the split, cannot be read ({why}); put back a copy of it, or delete it to split anew (then images may change sides, and older runs cannot be compared fairly)</source>
        <translation>记录划分的 {path} 无法读取（{why}）；请用备份恢复它，或删除它重新划分（这样图像可能换到另一侧，旧的运行就无法公平比较了）</translation>
    </message>
    <message>
        <source>there are no images in {path} ({files}). Put the images of each class into a folder named after it, such as photos/ants/1.jpg and photos/bees/2.jpg, and name the folder above them (photos); or give a table with the columns path and label.</source>
        <translation>{path} 中没有图像（{files}）。请把每个类别的图像放入以类别命名的文件夹，例如 photos/ants/1.jpg 和 photos/bees/2.jpg，然后指定它们的上一级文件夹（photos）；也可以提供包含 path 和 label 列的表格。</translation>
    </message>
    <message>
        <source>there are no images in {path}. Put the images of each class into a folder named after it, such as photos/ants/1.jpg and photos/bees/2.jpg, and name the folder above them (photos); or give a table with the columns path and label.</source>
        <translation>{path} 中没有图像。请把每个类别的图像放入以类别命名的文件夹，例如 photos/ants/1.jpg 和 photos/bees/2.jpg，然后指定它们的上一级文件夹（photos）；也可以提供包含 path 和 label 列的表格。</translation>
    </message>
    <message>
        <source>all images of {path} are excluded; take some of them back</source>
        <translation>{path} 的图像全部被排除，请恢复其中一部分</translation>
    </message>
    <message>
        <source>{path} holds {count} images but no classes; put the images of each class into a folder named after it, or give a table with the columns path and label</source>
        <translation>{path} 中有 {count} 张图像，但没有类别；请把每个类别的图像放入以类别命名的文件夹，或提供包含 path 和 label 列的表格</translation>
    </message>
    <message>
        <source>training needs images of at least two classes; with these data and this split there are {count} ({names}). Put each class into a folder of its own, or make val and test smaller in [split]</source>
        <translation>训练至少需要两个类别的图像；按目前的数据和划分只有 {count} 个（{names}）。请把每个类别放入单独的文件夹，或在 [split] 中减小 val 和 test</translation>
    </message>
    <message>
        <source>after leaving out the files that cannot be read, fewer than two classes have training images</source>
        <translation>去掉无法读取的文件后，有训练图像的类别不足两个</translation>
    </message>
    <message>
        <source>out of memory at step {step}, even with one image at a time ({why}); take a smaller backbone, train fewer stages, or close other programs</source>
        <translation>第 {step} 步内存不足，即使一次只处理一张图像也不够（{why}）；请换用更小的主干网络、减少训练的阶段，或关闭其他程序</translation>
    </message>
    <message>
        <source>out of memory while the head was fitted on the features of {count} images ({why}); take fewer views or images, or close other programs</source>
        <translation>用 {count} 张图像的特征拟合分类头时内存不足（{why}）；请减少增强版本或图像，或关闭其他程序</translation>
    </message>
    <message>
        <source>the checkpoint in {path} cannot be written ({why}); free some space and run again: the run goes on from its last whole checkpoint</source>
        <translation>无法写入 {path} 中的检查点（{why}）；请腾出空间后再次运行：会从最后一个完整的检查点继续</translation>
    </message>
    <message>
        <source>the run {run} is running in another process</source>
        <translation>运行 {run} 正在另一个进程中执行</translation>
    </message>
    <message>
        <source>the run {run} is finished already; --fresh starts it again</source>
        <translation>运行 {run} 已经完成；用 --fresh 可以重新开始</translation>
    </message>
    <message>
        <source>the images have changed since the run {run} was interrupted, so it cannot be resumed exactly; start it again with --fresh</source>
        <translation>运行 {run} 中断之后图像有变化，无法准确恢复；请用 --fresh 重新开始</translation>
    </message>
    <message>
        <source>the device cuda was asked for, but this torch sees no CUDA device; use --device cpu or auto</source>
        <translation>指定了设备 cuda，但当前的 torch 找不到 CUDA 设备；请改用 cpu 或 auto</translation>
    </message>
    <message>
        <source>the device mps was asked for, but this machine has none; use --device cpu or auto</source>
        <translation>指定了设备 mps，但这台机器没有；请改用 cpu 或 auto</translation>
    </message>
    <message>
        <source>there is no device {device}: this machine has {count} CUDA devices</source>
        <translation>没有设备 {device}：这台机器有 {count} 个 CUDA 设备</translation>
    </message>
    <message>
        <source>float16 arithmetic needs a GPU; take bfloat16 or float32 on this device</source>
        <translation>float16 运算需要 GPU；在这个设备上请用 bfloat16 或 float32</translation>
    </message>
    <message>
        <source>timm knows no model {name}</source>
        <translation>timm 没有名为 {name} 的模型</translation>
    </message>
    <message>
        <source>there is no weights file or folder {path}</source>
        <translation>没有权重文件或文件夹 {path}</translation>
    </message>
    <message>
        <source>{path} exists already; choose another name for the export, or remove what is there.</source>
        <translation>{path} 已经存在；请为导出换一个名称，或移走原有的内容。</translation>
    </message>
    <message>
        <source>{path} is a folder that no export made, so it is not overwritten; choose another name.</source>
        <translation>{path} 不是由导出生成的文件夹，因此不会覆盖；请换一个名称。</translation>
    </message>
    <message>
        <source>The run {path} has no learned weights yet; let it finish first.</source>
        <translation>运行 {path} 还没有学到权重，请先让它完成。</translation>
    </message>
    <message>
        <source>There is no model {path}; name a run folder or an exported ONNX file.</source>
        <translation>没有模型 {path}；请指定运行文件夹或导出的 ONNX 文件。</translation>
    </message>
    <message>
        <source>{path} is no model that can predict here; name a run folder or an exported ONNX file.</source>
        <translation>{path} 不是可以在这里预测的模型；请指定运行文件夹或导出的 ONNX 文件。</translation>
    </message>
    <message>
        <source>{path} is not an ONNX file, or it is damaged ({why}); export it again.</source>
        <translation>{path} 不是 ONNX 文件，或已损坏（{why}）；请重新导出。</translation>
    </message>
    <message>
        <source>{path} was not exported by xferstudio: it does not say how images are prepared or what its classes are called, and neither is guessed. Make one with `xferstudio export … --to onnx`.</source>
        <translation>{path} 不是由 xferstudio 导出的：其中没有说明图像如何预处理、类别叫什么，而这些不能靠猜。请用 `xferstudio export … --to onnx` 导出。</translation>
    </message>
    <message>
        <source>{path} is a file; name a folder to sort into.</source>
        <translation>{path} 是一个文件，请指定用于归类的文件夹。</translation>
    </message>
    <message>
        <source>the command cannot be started: {why}</source>
        <translation>无法启动命令：{why}</translation>
    </message>
    <message>
        <source>The plugin {plugin} gave no usable backbone for {backbone}: it {fault}; update {same}, or choose another backbone.</source>
        <translation>插件 {plugin} 没有为 {backbone} 提供可用的主干网络：{fault}；请更新 {same}，或选择其他主干网络。</translation>
    </message>
    <message>
        <source>The plugin {plugin} failed when asked for the backbone {backbone} ({fault}); update {same}, or choose another backbone.</source>
        <translation>向插件 {plugin} 请求主干网络 {backbone} 时失败（{fault}）；请更新 {same}，或选择其他主干网络。</translation>
    </message>
    <message>
        <source>this run&apos;s backbone is not a network of timm; export with `onnx` instead</source>
        <translation>这个运行的主干网络不是 timm 的网络，请改用 `onnx` 导出</translation>
    </message>
    <message>
        <source>Source only (baseline)</source>
        <translation>仅源域（基线）</translation>
    </message>
    <message>
        <source>Learns from the labelled images alone and is then asked about the others. Every adaptation is measured against it: adapting may help, and it may do harm.</source>
        <translation>只用有标签的图像学习，然后回答其他图像。所有自适应都与它比较：自适应可能有帮助，也可能有害。</translation>
    </message>
    <message>
        <source>AdaBN: statistics of the target</source>
        <translation>AdaBN：目标域的统计量</translation>
    </message>
    <message>
        <source>Learns from the labelled images, then replaces what batch norm knows of brightness, contrast and the like with what it is in the other domain. Quick and careful; take it first, or where the other domain has few images.</source>
        <translation>先用有标签的图像学习，再把批归一化中关于亮度、对比度等的统计量换成另一个域的。快速而谨慎；可以首先尝试，或在另一个域图像很少时使用。</translation>
    </message>
    <message>
        <source>Deep CORAL: alike in mean and covariance</source>
        <translation>Deep CORAL：均值与协方差一致</translation>
    </message>
    <message>
        <source>Makes mean and covariance of the features alike in both domains. Simple and steady; take it for a moderate shift, such as another camera or light.</source>
        <translation>使两个域特征的均值和协方差一致。简单而稳定；适用于中等程度的偏移，例如换了相机或光线。</translation>
    </message>
    <message>
        <source>DAN: alike in distribution</source>
        <translation>DAN：分布一致</translation>
    </message>
    <message>
        <source>Makes the distributions of the features alike, measured with kernels of several widths (MMD). Steadier than the adversarial methods; takes both domains to hold the classes in about equal shares.</source>
        <translation>使特征的分布一致，用多种宽度的核来度量（MMD）。比对抗方法更稳定；假定两个域中各类别的占比大致相同。</translation>
    </message>
    <message>
        <source>JAN: alike in features and predictions</source>
        <translation>JAN：特征与预测一致</translation>
    </message>
    <message>
        <source>As DAN, but features and predictions are made alike together, so that classes meet their like.</source>
        <translation>与 DAN 类似，但同时对齐特征和预测，使同类相遇。</translation>
    </message>
    <message>
        <source>AFN: longer features</source>
        <translation>AFN：更长的特征</translation>
    </message>
    <message>
        <source>Lets the features of both domains grow longer step by step, since features of unfamiliar images are short, and wants sure predictions. Bears target domains that lack some of the classes.</source>
        <translation>让两个域的特征逐步变长（陌生图像的特征往往较短），并要求预测有把握。能容忍目标域缺少某些类别。</translation>
    </message>
    <message>
        <source>DANN: features that hide the domain</source>
        <translation>DANN：隐藏域的特征</translation>
    </message>
    <message>
        <source>A second network tries to tell the domains apart, and the features learn to deceive it. Strong for large shifts with enough images; takes both domains to hold the classes in about equal shares.</source>
        <translation>第二个网络试图区分两个域，而特征学习去欺骗它。图像足够多、偏移较大时效果好；假定两个域中各类别的占比大致相同。</translation>
    </message>
    <message>
        <source>CDAN: as DANN, class by class</source>
        <translation>CDAN：逐类别的 DANN</translation>
    </message>
    <message>
        <source>As DANN, but the second network also sees what is predicted, so that the domains meet class by class. Mostly better than DANN where there are several classes.</source>
        <translation>与 DANN 类似，但第二个网络还能看到预测结果，使两个域逐类别对齐。类别较多时通常优于 DANN。</translation>
    </message>
    <message>
        <source>CDAN+E: as CDAN, sure images first</source>
        <translation>CDAN+E：有把握的图像优先的 CDAN</translation>
    </message>
    <message>
        <source>As CDAN, and images of which the model is sure count more, so that doubtful ones mislead less.</source>
        <translation>与 CDAN 类似，模型有把握的图像权重更大，使可疑的图像少起误导作用。</translation>
    </message>
    <message>
        <source>MCD: two classifiers that agree</source>
        <translation>MCD：两个一致的分类器</translation>
    </message>
    <message>
        <source>Two classifiers seek images of the other domain on which they disagree, and the features learn to make them agree. Respects the borders between classes; can do harm where the shift is large.</source>
        <translation>两个分类器寻找另一个域中它们意见不一的图像，特征则学习使它们一致。尊重类别之间的边界；偏移很大时可能有害。</translation>
    </message>
    <message>
        <source>MDD: no better judge to be found</source>
        <translation>MDD：找不到更好的裁判</translation>
    </message>
    <message>
        <source>A second classifier seeks to agree on the labelled images and to disagree on the others; the features learn to leave it no chance. Among the strongest for large shifts.</source>
        <translation>第二个分类器力求在有标签的图像上一致、在其他图像上不一致；特征学习不给它机会。对于大的偏移，是最强的方法之一。</translation>
    </message>
    <message>
        <source>MCC: classes that are not confused</source>
        <translation>MCC：不混淆的类别</translation>
    </message>
    <message>
        <source>Wants predictions on the other domain that do not waver between two classes. Aligns nothing by force, so it bears classes in other shares or missing ones; a good first choice.</source>
        <translation>要求对另一个域的预测不在两个类别之间摇摆。不强行对齐，因此能容忍类别占比不同或缺失；是不错的首选。</translation>
    </message>
    <message>
        <source>BNM: sure and diverse predictions</source>
        <translation>BNM：有把握且多样的预测</translation>
    </message>
    <message>
        <source>Wants predictions on the other domain that are sure, and of all classes. Simple; larger batches help where there are many classes.</source>
        <translation>要求对另一个域的预测有把握，并涵盖所有类别。简单；类别较多时，较大的批次有帮助。</translation>
    </message>
    <message>
        <source>SHOT: the target alone</source>
        <translation>SHOT：仅用目标域</translation>
    </message>
    <message>
        <source>Learns from the labelled images, then sees none of them any more: the classifier stays as it is, and the features of the other domain learn to fit it. Strong where the classes stand apart; bears classes in other shares.</source>
        <translation>先用有标签的图像学习，之后不再看它们：分类器保持不变，另一个域的特征学习去适应它。类别区分明显时效果好；能容忍类别占比不同。</translation>
    </message>
    <message>
        <source>Self-training: believe the sure ones</source>
        <translation>自训练：相信有把握的</translation>
    </message>
    <message>
        <source>Learns from the labelled images, then also from those of the other domain of which it is surest, in each class, more of them with every epoch. Take it where the model is often right already.</source>
        <translation>先用有标签的图像学习，再用另一个域中每个类别里最有把握的图像学习，每轮增加。适用于模型已经常常正确的情形。</translation>
    </message>
    <message>
        <source>head epochs</source>
        <translation>分类头轮数</translation>
    </message>
    <message>
        <source>Where stages learn: for how many epochs bottleneck and classifier learn alone before; 0: all at once.</source>
        <translation>有阶段参与学习时：瓶颈层和分类器先单独学习多少轮；0 表示一开始就一起学习。</translation>
    </message>
    <message>
        <source>trade off</source>
        <translation>权衡系数</translation>
    </message>
    <message>
        <source>bottleneck</source>
        <translation>瓶颈层</translation>
    </message>
    <message>
        <source>entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>step</source>
        <translation>步长</translation>
    </message>
    <message>
        <source>margin</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>pseudo</source>
        <translation>伪标签权重</translation>
    </message>
    <message>
        <source>target epochs</source>
        <translation>目标域轮数</translation>
    </message>
    <message>
        <source>first share</source>
        <translation>起始份额</translation>
    </message>
    <message>
        <source>last share</source>
        <translation>最终份额</translation>
    </message>
    <message>
        <source>inverse</source>
        <translation>反比</translation>
    </message>
    <message>
        <source>classification</source>
        <translation>分类</translation>
    </message>
    <message>
        <source>domain</source>
        <translation>域</translation>
    </message>
    <message>
        <source>disagreement</source>
        <translation>分歧</translation>
    </message>
    <message>
        <source>disparity</source>
        <translation>差异度</translation>
    </message>
    <message>
        <source>class confusion</source>
        <translation>类别混淆</translation>
    </message>
    <message>
        <source>nuclear norm</source>
        <translation>核范数</translation>
    </message>
    <message>
        <source>correlation</source>
        <translation>相关</translation>
    </message>
    <message>
        <source>discrepancy</source>
        <translation>分布差异</translation>
    </message>
    <message>
        <source>joint discrepancy</source>
        <translation>联合分布差异</translation>
    </message>
    <message>
        <source>feature norm</source>
        <translation>特征范数</translation>
    </message>
    <message>
        <source>information</source>
        <translation>信息</translation>
    </message>
    <message>
        <source>pseudo-labels</source>
        <translation>伪标签</translation>
    </message>
    <message>
        <source>believed</source>
        <translation>被采信的份额</translation>
    </message>
    <message>
        <source>adapting</source>
        <translation>自适应</translation>
    </message>
    <message>
        <source>labelled images</source>
        <translation>有标签的图像</translation>
    </message>
    <message>
        <source>statistics of the target</source>
        <translation>目标域的统计量</translation>
    </message>
    <message>
        <source>target</source>
        <translation>目标域</translation>
    </message>
    <message>
        <source>both domains</source>
        <translation>两个域</translation>
    </message>
    <message>
        <source>evaluating the target images</source>
        <translation>正在评估目标域图像</translation>
    </message>
    <message>
        <source>How the rate falls: as half a cosine to nothing; as (1 + 10 p) to the power of -0.75, where p is the share of the steps that are done, to a sixth; or not at all.</source>
        <translation>学习率如何下降：按半个余弦降到零；按 (1 + 10 p) 的 -0.75 次方（p 为已完成步数的占比）降到六分之一；或不下降。</translation>
    </message>
    <message>
        <source>How often every labelled image is seen.</source>
        <translation>每张有标签的图像被看多少次。</translation>
    </message>
    <message>
        <source>Images of each domain per optimizer step.</source>
        <translation>每个优化步骤中每个域的图像数。</translation>
    </message>
    <message>
        <source>Step size for bottleneck and classifier; the backbone takes a fraction.</source>
        <translation>瓶颈层和分类器的步长；骨干网络取其一部分。</translation>
    </message>
    <message>
        <source>How many of the last stages learn, besides the bottleneck and the classifier: 0 none, on features that are computed once (fast); -1 the whole network.</source>
        <translation>除瓶颈层和分类器外，最后多少个阶段参与学习：0 表示没有，使用只计算一次的特征（快）；-1 表示整个网络。</translation>
    </message>
    <message>
        <source>Not used: nothing is adapted.</source>
        <translation>不使用：不做自适应。</translation>
    </message>
    <message>
        <source>Width of the layer before the classifier, where the domains are compared.</source>
        <translation>分类器之前那一层的宽度，两个域在此处比较。</translation>
    </message>
    <message>
        <source>Rate of the backbone as a share of that.</source>
        <translation>骨干网络的学习率占上述学习率的份额。</translation>
    </message>
    <message>
        <source>Let the backbone&apos;s batch-norm statistics follow the new images.</source>
        <translation>让骨干网络的批归一化统计量跟随新图像。</translation>
    </message>
    <message>
        <source>Let the backbone&apos;s batch-norm statistics follow the images.</source>
        <translation>让骨干网络的批归一化统计量跟随图像。</translation>
    </message>
    <message>
        <source>Weight of what draws the domains together.</source>
        <translation>拉近两个域的那一项的权重。</translation>
    </message>
    <message>
        <source>Weight of the longer features.</source>
        <translation>增长特征那一项的权重。</translation>
    </message>
    <message>
        <source>Weight of sure predictions on the target.</source>
        <translation>目标域上有把握预测的权重。</translation>
    </message>
    <message>
        <source>How much longer features shall get.</source>
        <translation>特征应增长多少。</translation>
    </message>
    <message>
        <source>Weight of the disagreement of the two classifiers.</source>
        <translation>两个分类器分歧的权重。</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>How much more the features learn from it than the classifiers.</source>
        <translation>特征从中学到的是分类器的多少倍。</translation>
    </message>
    <message>
        <source>How much the source counts against the target.</source>
        <translation>源域相对于目标域的权重。</translation>
    </message>
    <message>
        <source>Softens the predictions that are compared.</source>
        <translation>使被比较的预测更平缓。</translation>
    </message>
    <message>
        <source>Weight of sure and diverse predictions.</source>
        <translation>有把握且多样的预测的权重。</translation>
    </message>
    <message>
        <source>Weight of the labels that the model gives the target.</source>
        <translation>模型给目标域的标签的权重。</translation>
    </message>
    <message>
        <source>How often every image of the target is seen.</source>
        <translation>目标域的每张图像被看多少次。</translation>
    </message>
    <message>
        <source>Share of the target that is believed at first.</source>
        <translation>开始时采信的目标域份额。</translation>
    </message>
    <message>
        <source>Share of the target that is believed at last.</source>
        <translation>最后采信的目标域份额。</translation>
    </message>
    <message>
        <source>Epochs with both domains.</source>
        <translation>使用两个域的轮数。</translation>
    </message>
    <message>
        <source>helped</source>
        <translation>有帮助</translation>
    </message>
    <message>
        <source>no evidence</source>
        <translation>没有证据</translation>
    </message>
    <message>
        <source>negative transfer</source>
        <translation>负迁移</translation>
    </message>
    <message>
        <source>source accuracy</source>
        <translation>源域准确率</translation>
    </message>
    <message>
        <source>confidence</source>
        <translation>把握</translation>
    </message>
    <message>
        <source>clusters</source>
        <translation>聚类</translation>
    </message>
    <message>
        <source>weighted risk</source>
        <translation>加权风险</translation>
    </message>
    <message>
        <source>No sign could be computed for both models, so nothing is known about the target.</source>
        <translation>没有任何信号能对两个模型都算出，因此对目标域一无所知。</translation>
    </message>
    <message>
        <source>There are too few models or signs to say how far the signs agree.</source>
        <translation>模型或信号太少，无法说明各信号有多一致。</translation>
    </message>
    <message>
        <source>No adaptation looks better than not adapting at all.</source>
        <translation>没有哪个自适应看起来比完全不做自适应更好。</translation>
    </message>
    <message>
        <source>No target image is labelled yet, so nothing is measured.</source>
        <translation>还没有给目标域的图像加标签，因此什么也没有测量。</translation>
    </message>
    <message>
        <source>The domains may share only some of their classes. Forcing them into alignment then hurts: images are pulled to classes that they do not belong to.</source>
        <translation>两个域可能只共有部分类别。此时强行对齐有害：图像会被拉向不属于它们的类别。</translation>
    </message>
    <message>
        <source>The source has fewer than two classes, so there is nothing to tell apart.</source>
        <translation>源域少于两个类别，因此没有可区分的东西。</translation>
    </message>
    <message>
        <source>The domains may not share all classes, so prefer strategies that do not force them into alignment; leave dan and dann.</source>
        <translation>两个域可能并不共有所有类别，因此优先选择不强行对齐的策略；不要用 dan 和 dann。</translation>
    </message>
    <message>
        <source>The shares of the classes seem to differ, so prefer strategies that do not align the domains as a whole; leave dan and dann, which would trade classes for one another.</source>
        <translation>各类别的占比似乎不同，因此优先选择不对两个域整体对齐的策略；不要用 dan 和 dann，它们会把类别互相混换。</translation>
    </message>
    <message>
        <source>The domains look so much alike that adapting has little to win; the source model may do as it is.</source>
        <translation>两个域看起来非常相似，自适应收益不大；源域模型可能直接可用。</translation>
    </message>
    <message>
        <source>The domains are far apart and seem to hold the same classes in like shares, which is what strategies that align class by class need.</source>
        <translation>两个域相距很远，但似乎含有占比相近的相同类别，这正是逐类别对齐的策略所需要的。</translation>
    </message>
    <message>
        <source>The domains are moderately apart, so the simple strategies that match means and covariances are worth trying first.</source>
        <translation>两个域相距中等，因此值得先尝试匹配均值和协方差的简单策略。</translation>
    </message>
    <message>
        <source>fewer than two classes have training images that can be read</source>
        <translation>有可读取训练图像的类别少于两个</translation>
    </message>
    <message>
        <source>none of the images of the target domain can be read</source>
        <translation>目标域的图像没有一张可以读取</translation>
    </message>
    <message>
        <source>by the target&apos;s own labels, read after the model was chosen: {accuracy} % right ({low} to {high} %) of {count} images</source>
        <translation>按目标域自身的标签（在选定模型之后才读取）：{count} 张图像中 {accuracy} % 正确（{low} 到 {high} %）</translation>
    </message>
    <message>
        <source>{count} images of the target are of classes that the labelled images lack; no model can name them</source>
        <translation>目标域中有 {count} 张图像属于有标签图像所没有的类别；任何模型都无法说出它们</translation>
    </message>
    <message>
        <source>against {run}, by the labels: {label}. {why}</source>
        <translation>与 {run} 相比，按标签：{label}。{why}</translation>
    </message>
    <message>
        <source>against {run}, by signs that need no labels: {label}. {why}</source>
        <translation>与 {run} 相比，按无需标签的信号：{label}。{why}</translation>
    </message>
    <message>
        <source>whether adapting helped is not known: there is no finished run of {run} with the same budget</source>
        <translation>不知道自适应是否有帮助：没有预算相同且已完成的 {run} 运行</translation>
    </message>
    <message>
        <source>{run} was added to the project: the same without adapting, to measure {other} against</source>
        <translation>项目中添加了 {run}：同样的设置但不做自适应，用来衡量 {other}</translation>
    </message>
    <message>
        <source>{run} has no baseline to be measured against: {why}</source>
        <translation>{run} 没有可供比较的基线：{why}</translation>
    </message>
    <message>
        <source>the report by the target&apos;s labels could not be made: {why}</source>
        <translation>无法按目标域的标签生成报告：{why}</translation>
    </message>
    <message>
        <source>the report by the target&apos;s labels could not be made ({why})</source>
        <translation>无法按目标域的标签生成报告（{why}）</translation>
    </message>
    <message>
        <source>{signs} improved</source>
        <translation>{signs}变好</translation>
    </message>
    <message>
        <source>No evidence that adapting helped: {why}, but the model lost accuracy on the source domain, where it can be measured.</source>
        <translation>没有证据表明自适应有帮助：{why}，但模型在可以测量的源域上损失了准确率。</translation>
    </message>
    <message>
        <source>{run} is the only run on the target, so there is nothing to choose; run source-only beside it.</source>
        <translation>{run} 是目标域上唯一的运行，因此没有可选择的；请在旁边运行 source-only。</translation>
    </message>
    <message>
        <source>Too close to call by the signs between {runs}: they rank alike.</source>
        <translation>按信号，{runs} 难分高下：它们的排名相同。</translation>
    </message>
    <message>
        <source>Too close to call by the signs between {runs}, for the signs disagree; {run} is first by a little.</source>
        <translation>按信号难分高下：{runs}，因为各信号不一致；{run} 略占先。</translation>
    </message>
    <message>
        <source>Too close to call by the signs between {runs}, for their ranks are close; {run} is first by a little.</source>
        <translation>按信号难分高下：{runs}，因为它们的名次相差不到一；{run} 略占先。</translation>
    </message>
    <message>
        <source>On other images or classes, and so not compared: {runs}.</source>
        <translation>图像或类别不同，因此没有比较：{runs}。</translation>
    </message>
    <message>
        <source>By the signs, take {run}.</source>
        <translation>按信号，选择 {run}。</translation>
    </message>
    <message>
        <source>By the signs, adapting helped: compared with source-only and beyond chance, {why}.</source>
        <translation>按信号，自适应有帮助：与 source-only 相比，{why}，且超出偶然。</translation>
    </message>
    <message>
        <source>By the signs, adapting did harm: compared with source-only and beyond chance, {why}. Keep source-only.</source>
        <translation>按信号，自适应有害：与 source-only 相比，{why}，且超出偶然。请保留 source-only。</translation>
    </message>
    <message>
        <source>No evidence that adapting helped or hurt: compared with source-only and beyond chance, {why}.</source>
        <translation>没有证据表明自适应有帮助或有害：与 source-only 相比，{why}。</translation>
    </message>
    <message>
        <source>The adapted model gives nearly all target images the same few answers, unlike source-only: it has collapsed. Do not use it ({why}).</source>
        <translation>与 source-only 不同，自适应后的模型对几乎所有目标域图像给出相同的少数几个答案：它已经坍缩。不要使用它（{why}）。</translation>
    </message>
    <message>
        <source>nothing improved and nothing worsened</source>
        <translation>没有任何信号变好，没有任何信号变差</translation>
    </message>
    <message>
        <source>nothing worsened and nothing improved</source>
        <translation>没有任何信号变差，没有任何信号变好</translation>
    </message>
    <message>
        <source>nothing improved, nothing worsened</source>
        <translation>没有任何信号变好，没有任何信号变差</translation>
    </message>
    <message>
        <source>nothing improved and {others} worsened</source>
        <translation>没有任何信号变好，{others}变差</translation>
    </message>
    <message>
        <source>{others} worsened and nothing improved</source>
        <translation>{others}变差，没有任何信号变好</translation>
    </message>
    <message>
        <source>nothing improved, {others} worsened</source>
        <translation>没有任何信号变好，{others}变差</translation>
    </message>
    <message>
        <source>{signs} improved and nothing worsened</source>
        <translation>{signs}变好，没有任何信号变差</translation>
    </message>
    <message>
        <source>nothing worsened and {signs} improved</source>
        <translation>没有任何信号变差，{signs}变好</translation>
    </message>
    <message>
        <source>{signs} improved, nothing worsened</source>
        <translation>{signs}变好，没有任何信号变差</translation>
    </message>
    <message>
        <source>{signs} improved and {others} worsened</source>
        <translation>{signs}变好，{others}变差</translation>
    </message>
    <message>
        <source>{others} worsened and {signs} improved</source>
        <translation>{others}变差，{signs}变好</translation>
    </message>
    <message>
        <source>{signs} improved, {others} worsened</source>
        <translation>{signs}变好，{others}变差</translation>
    </message>
    <message>
        <source>The signs largely agree on the order of the models (Kendall&apos;s W is {value}).</source>
        <translation>各信号对模型的排序大体一致（肯德尔 W 为 {value}）。</translation>
    </message>
    <message>
        <source>The signs agree in part on the order of the models (Kendall&apos;s W is {value}).</source>
        <translation>各信号对模型的排序部分一致（肯德尔 W 为 {value}）。</translation>
    </message>
    <message>
        <source>The signs hardly agree on the order of the models (Kendall&apos;s W is {value}), so the choice is a weak one; labelling a few target images would tell more.</source>
        <translation>各信号对模型的排序几乎不一致（肯德尔 W 为 {value}），因此这一选择较弱；给少量目标域图像加标签会说明更多。</translation>
    </message>
    <message>
        <source>{run} ranks before it, but does harm by the signs.</source>
        <translation>{run} 名次在它之前，但按信号有害。</translation>
    </message>
    <message>
        <source>By the labels of the target, {run} has the highest accuracy, {value} points above {other}.</source>
        <translation>按目标域的标签，{run} 的准确率最高，比 {other} 高 {value} 个百分点。</translation>
    </message>
    <message>
        <source>By the labels of the target, {run} has the highest accuracy.</source>
        <translation>按目标域的标签，{run} 的准确率最高。</translation>
    </message>
    <message>
        <source>With {images} of the source and {label} of the target, how far the domains are apart cannot be measured; it takes at least {count} of each.</source>
        <translation>源域有 {images}，目标域有 {label}，无法测量两个域相距多远；每个域至少需要 {count} 张。</translation>
    </message>
    <message>
        <source>A simple classifier tells the two domains apart {value} times in 100: they look rather alike (A-distance {distance}, between {low} and {high}; 0 is alike, 2 is nothing in common).</source>
        <translation>一个简单的分类器在 100 次中有 {value} 次能区分两个域：它们看起来相当相似（A 距离 {distance}，介于 {low} 和 {high} 之间；0 表示相同，2 表示毫无共同之处）。</translation>
    </message>
    <message>
        <source>A simple classifier tells the two domains apart {value} times in 100: they look somewhat different (A-distance {distance}, between {low} and {high}; 0 is alike, 2 is nothing in common).</source>
        <translation>一个简单的分类器在 100 次中有 {value} 次能区分两个域：它们看起来有些不同（A 距离 {distance}，介于 {low} 和 {high} 之间；0 表示相同，2 表示毫无共同之处）。</translation>
    </message>
    <message>
        <source>A simple classifier tells the two domains apart {value} times in 100: they look very different (A-distance {distance}, between {low} and {high}; 0 is alike, 2 is nothing in common).</source>
        <translation>一个简单的分类器在 100 次中有 {value} 次能区分两个域：它们看起来非常不同（A 距离 {distance}，介于 {low} 和 {high} 之间；0 表示相同，2 表示毫无共同之处）。</translation>
    </message>
    <message>
        <source>A test for any difference of the two (MMD, p = {value}) finds none beyond chance.</source>
        <translation>对两者任何差异的检验（MMD，p = {value}）没有发现超出偶然的差异。</translation>
    </message>
    <message>
        <source>A test for any difference of the two (MMD, p = {value}) finds one.</source>
        <translation>对两者任何差异的检验（MMD，p = {value}）发现了差异。</translation>
    </message>
    <message>
        <source>As far as can be told without labels, the class {most} moved most ({value} times the spread within a class) and {least} least ({other} times).</source>
        <translation>在没有标签的情况下所能判断的：类别 {most} 移动最大（类内散布的 {value} 倍），{least} 最小（{other} 倍）。</translation>
    </message>
    <message>
        <source>The classes seem to have other shares in the target: {name} about {value} in place of {other}. This is an estimate.</source>
        <translation>各类别在目标域中的占比似乎不同：{name} 约为 {value}，而不是 {other}。这是估计值。</translation>
    </message>
    <message>
        <source>{why} Rather take one of {names}.</source>
        <translation>{why}宁可选择其中之一：{names}。</translation>
    </message>
    <message>
        <source>{why} The domains may share only some of their classes. Forcing them into alignment then hurts: images are pulled to classes that they do not belong to.</source>
        <translation>{why}两个域可能只共有部分类别。此时强行对齐有害：图像会被拉向不属于它们的类别。</translation>
    </message>
    <message>
        <source>{why} About {value} of the target images form groups that are near no class of the source; they may show something that the source does not have, or a class that looks quite different there.</source>
        <translation>{why}约 {value} 的目标域图像所成的组不靠近源域的任何类别；它们可能显示源域所没有的东西，或者某个类别在那里看起来很不一样。</translation>
    </message>
    <message>
        <source>Hardly any target image seems to be of the class {name}.</source>
        <translation>似乎几乎没有目标域图像属于类别 {name}。</translation>
    </message>
    <message>
        <source>Hardly any target image seems to be of the classes {names}.</source>
        <translation>似乎几乎没有目标域图像属于类别 {names}。</translation>
    </message>
    <message>
        <source>About {value} of the target images form groups that are near no class of the source; they may show something that the source does not have, or a class that looks quite different there.</source>
        <translation>约 {value} 的目标域图像所成的组不靠近源域的任何类别；它们可能显示源域所没有的东西，或者某个类别在那里看起来很不一样。</translation>
    </message>
    <message>
        <source>With only {images} of the target, strategies that need just its means and variances are the safe ones.</source>
        <translation>目标域只有 {images}，只需要其均值和方差的策略比较稳妥。</translation>
    </message>
    <message>
        <source>{name} names no target domain, the images that it could be carried to; name their folder: {command}</source>
        <translation>{name} 没有指定目标域，即可以迁移到的图像；请指定其文件夹：{command}</translation>
    </message>
    <message>
        <source>{path} holds the labelled images themselves; name the folder of the images from the other domain.</source>
        <translation>{path} 存放的正是有标签的图像；请指定另一个域图像的文件夹。</translation>
    </message>
    <message>
        <source>The target cannot be written to {file}; write it there by hand.</source>
        <translation>无法把目标域写入 {file}；请手动写入。</translation>
    </message>
    <message>
        <source>The name of {path} is not valid text (UTF-8); rename it.</source>
        <translation>{path} 的名称不是有效文本（UTF-8）；请重命名。</translation>
    </message>
    <message>
        <source>{run} has not answered for the images of the target: only adaptations and source-only do, in a project with a target</source>
        <translation>{run} 没有回答目标域的图像：只有在有目标域的项目中，自适应和 source-only 才会回答</translation>
    </message>
    <message>
        <source>{file}, which holds the labels of an audit, cannot be read ({why}); put back a copy of it, or delete it to label anew</source>
        <translation>存放审计标签的 {file} 无法读取（{why}）；请放回其副本，或删除它以重新加标签</translation>
    </message>
</context>
<context>
    <name>ExportPage</name>
    <message>
        <source>Nothing to export yet</source>
        <translation>还没有可导出的内容</translation>
    </message>
    <message>
        <source>When a run has finished, its model can be taken from here to other programs.</source>
        <translation>运行完成后，可以在这里把它的模型导出给其他程序使用。</translation>
    </message>
    <message>
        <source>Go to Train</source>
        <translation>前往训练页</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Looking for formats…</source>
        <translation>正在查找可用格式…</translation>
    </message>
    <message>
        <source>Options of the format</source>
        <translation>格式选项</translation>
    </message>
    <message>
        <source>Where to</source>
        <translation>保存位置</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Copy as command</source>
        <translation>复制为命令</translation>
    </message>
    <message>
        <source>Exported before</source>
        <translation>以前的导出</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试用</translation>
    </message>
    <message>
        <source>Proof</source>
        <translation>验证结果</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Written</source>
        <translation>导出时间</translation>
    </message>
    <message>
        <source>A double click, or Enter, opens the folder</source>
        <translation>双击或按 Enter 键打开文件夹</translation>
    </message>
    <message>
        <source>Open the folder of an export</source>
        <translation>打开导出结果所在的文件夹</translation>
    </message>
    <message>
        <source>Choose a folder for the export</source>
        <translation>选择导出文件夹</translation>
    </message>
    <message>
        <source>The command is on the clipboard.</source>
        <translation>命令已复制到剪贴板。</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Replace it</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>{name} is there already. Replace it by the new export?</source>
        <translation>{name} 已经存在。要用新的导出替换它吗？</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>正在载入模型…</translation>
    </message>
    <message>
        <source>{task}: {done} of {total}</source>
        <translation>{task}：{done}/{total}</translation>
    </message>
    <message>
        <source>{name} is written, and answers as the app does.</source>
        <translation>{name} 已写入，输出与本程序一致。</translation>
    </message>
    <message>
        <source>{name} is written, but FAILED the comparison with the app: do not rely on it.</source>
        <translation>{name} 已写入，但与本程序的对比未通过：请不要依赖它。</translation>
    </message>
    <message>
        <source>Stopped: nothing was exported.</source>
        <translation>已停止：没有导出任何内容。</translation>
    </message>
    <message>
        <source>The export has ended without saying why.</source>
        <translation>导出已结束，但没有说明原因。</translation>
    </message>
    <message>
        <source>Nothing was exported.</source>
        <translation>没有导出任何内容。</translation>
    </message>
    <message>
        <source>The proof cannot be read.</source>
        <translation>验证结果无法读取。</translation>
    </message>
    <message>
        <source>below {limit}</source>
        <translation>小于 {limit}</translation>
    </message>
    <message>
        <source>All {count} real files agree; the largest difference of a probability is {difference}.</source>
        <translation>{count} 个真实文件全部一致；概率最大差异：{difference}。</translation>
    </message>
    <message>
        <source>All {count} real files agree ({ties} in a tie of the two best classes); the largest difference of a probability is {difference}.</source>
        <translation>{count} 个真实文件全部一致（其中 {ties} 个的前两个类别不相上下）；概率最大差异：{difference}。</translation>
    </message>
    <message>
        <source>No program opens {folder}.</source>
        <translation>没有程序可以打开 {folder}。</translation>
    </message>
</context>
<context>
    <name>Field</name>
    <message>
        <source>Back to the default: {value}</source>
        <translation>恢复默认值：{value}</translation>
    </message>
    <message>
        <source>on</source>
        <translation>启用</translation>
    </message>
</context>
<context>
    <name>FilterBar</name>
    <message>
        <source>Name, class or reason</source>
        <translation>名称、类别或原因</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>查找</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>划分</translation>
    </message>
    <message>
        <source>All splits</source>
        <translation>全部划分</translation>
    </message>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>val</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>Domain</source>
        <translation>域</translation>
    </message>
    <message>
        <source>Which images</source>
        <translation>显示哪些图像</translation>
    </message>
    <message>
        <source>Used and left out</source>
        <translation>采用和未采用</translation>
    </message>
    <message>
        <source>Used</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>未采用</translation>
    </message>
    <message>
        <source>Edited</source>
        <translation>已修改</translation>
    </message>
    <message>
        <source>Run whose predictions are shown</source>
        <translation>显示哪个运行的预测</translation>
    </message>
    <message>
        <source>Only wrong</source>
        <translation>仅错误</translation>
    </message>
    <message>
        <source>Only images that the chosen run predicts wrongly</source>
        <translation>只显示所选运行预测错误的图像</translation>
    </message>
    <message>
        <source>Sort by</source>
        <translation>排序方式</translation>
    </message>
    <message>
        <source>By name</source>
        <translation>按名称</translation>
    </message>
    <message>
        <source>By class</source>
        <translation>按类别</translation>
    </message>
    <message>
        <source>By split</source>
        <translation>按划分</translation>
    </message>
    <message>
        <source>The other way round</source>
        <translation>反向排序</translation>
    </message>
    <message>
        <source>Clear filters</source>
        <translation>清除筛选</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Size of the images</source>
        <translation>图像大小</translation>
    </message>
    <message>
        <source>All domains</source>
        <translation>全部域</translation>
    </message>
    <message>
        <source>{count} shown</source>
        <translation>显示 {count} 张</translation>
    </message>
    <message>
        <source>{count} of {every} shown</source>
        <translation>显示 {count} 张，共 {every} 张</translation>
    </message>
    <message>
        <source>{count} selected</source>
        <translation>已选 {count} 张</translation>
    </message>
    <message>
        <source>No predictions</source>
        <translation>无预测</translation>
    </message>
    <message>
        <source>Predicted by {run}</source>
        <translation>{run} 的预测</translation>
    </message>
    <message>
        <source>By confidence</source>
        <translation>按置信度</translation>
    </message>
</context>
<context>
    <name>Grid</name>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>val</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>未采用</translation>
    </message>
    <message>
        <source>edited</source>
        <translation>已修改</translation>
    </message>
    <message>
        <source>no class</source>
        <translation>无类别</translation>
    </message>
    <message>
        <source>class {label}</source>
        <translation>类别 {label}</translation>
    </message>
    <message>
        <source>left out: {reason}</source>
        <translation>未采用：{reason}</translation>
    </message>
    <message>
        <source>predicted {label}, {share}</source>
        <translation>预测为 {label}，{share}</translation>
    </message>
    <message>
        <source>cannot be shown: {reason}</source>
        <translation>无法显示：{reason}</translation>
    </message>
</context>
<context>
    <name>HeatLegend</name>
    <message>
        <source>mattered little</source>
        <translation>影响小</translation>
    </message>
    <message>
        <source>mattered most</source>
        <translation>影响大</translation>
    </message>
    <message>
        <source>Colours from dark violet (mattered little) to bright yellow (mattered most)</source>
        <translation>颜色从深紫色（影响小）到亮黄色（影响大）</translation>
    </message>
</context>
<context>
    <name>HeatView</name>
    <message>
        <source>The picture</source>
        <translation>图像</translation>
    </message>
</context>
<context>
    <name>Help</name>
    <message>
        <source>Next or previous control</source>
        <translation>下一个或上一个控件</translation>
    </message>
    <message>
        <source>Menus</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Close a dialog</source>
        <translation>关闭对话框</translation>
    </message>
</context>
<context>
    <name>Message</name>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>And {count} more.</source>
        <translation>另有 {count} 条。</translation>
    </message>
</context>
<context>
    <name>Mistakes</name>
    <message>
        <source>Worst mistakes</source>
        <translation>最严重的错误</translation>
    </message>
    <message>
        <source>{path}
belongs to {name}</source>
        <translation>{path}
实为 {name}</translation>
    </message>
    <message>
        <source>{name}, taken for {other}</source>
        <translation>{name}，误认为 {other}</translation>
    </message>
    <message>
        <source>{path}, belongs to {name}</source>
        <translation>{path}，实为 {name}</translation>
    </message>
</context>
<context>
    <name>ModelChoice</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
</context>
<context>
    <name>NewProject</name>
    <message>
        <source>New project</source>
        <translation>新建项目</translation>
    </message>
    <message>
        <source>A folder with one folder for each class, or a table</source>
        <translation>每个类别一个子文件夹的文件夹，或一个表格</translation>
    </message>
    <message>
        <source>Without labels, to carry the model to; may stay empty</source>
        <translation>没有标签，模型将迁移到那里；可以留空</translation>
    </message>
    <message>
        <source>&amp;Images</source>
        <translation>图像(&amp;I)</translation>
    </message>
    <message>
        <source>Images of another &amp;domain</source>
        <translation>另一个域的图像(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Project folder</source>
        <translation>项目文件夹(&amp;P)</translation>
    </message>
    <message>
        <source>For &amp;validation</source>
        <translation>用于验证(&amp;V)</translation>
    </message>
    <message>
        <source>For the &amp;test</source>
        <translation>用于测试(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Seed of the split</source>
        <translation>划分的随机种子(&amp;S)</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Create</source>
        <translation>创建</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>选择文件夹</translation>
    </message>
</context>
<context>
    <name>NewRun</name>
    <message>
        <source>New run</source>
        <translation>新建运行</translation>
    </message>
    <message>
        <source>Looking at what the plugins offer…</source>
        <translation>正在查询插件提供的内容…</translation>
    </message>
    <message>
        <source>Start from this pretrained network</source>
        <translation>从这个预训练网络开始</translation>
    </message>
    <message>
        <source>How to learn</source>
        <translation>学习方式</translation>
    </message>
    <message>
        <source>What to think of</source>
        <translation>需要注意</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>选项</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation>设备(&amp;D)</translation>
    </message>
    <message>
        <source>auto takes a graphics card if there is one</source>
        <translation>auto：有显卡时使用显卡</translation>
    </message>
    <message>
        <source>Copy as command</source>
        <translation>复制为命令</translation>
    </message>
    <message>
        <source>The lines of a shell that add this run and do it</source>
        <translation>可添加并执行这个运行的命令行</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Add this run to the project and begin it, or queue it (Ctrl+Enter)</source>
        <translation>把这个运行添加到项目并开始，或加入队列（Ctrl+Enter）</translation>
    </message>
    <message>
        <source>A run needs a name.</source>
        <translation>请填写运行的名称。</translation>
    </message>
    <message>
        <source>This cannot be the name of a run: use letters, digits, - _ and . only, and begin with a letter or a digit.</source>
        <translation>不能用作运行的名称：只能使用字母、数字和 - _ . ，并以字母或数字开头。</translation>
    </message>
    <message>
        <source>The project has a run of this name already; choose another name.</source>
        <translation>项目中已有同名的运行，请换一个名称。</translation>
    </message>
</context>
<context>
    <name>NoticeCard</name>
    <message>
        <source>Notices</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Fewer</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>{count} more</source>
        <translation>另有 {count} 条</translation>
    </message>
</context>
<context>
    <name>OptionsForm</name>
    <message>
        <source>All defaults</source>
        <translation>全部恢复默认</translation>
    </message>
    <message>
        <source>Fewer options</source>
        <translation>收起选项</translation>
    </message>
    <message>
        <source>All options ({count} more)</source>
        <translation>全部选项（还有 {count} 个）</translation>
    </message>
    <message>
        <source>Kept as they are: {options}</source>
        <translation>保持原值：{options}</translation>
    </message>
</context>
<context>
    <name>OptionsView</name>
    <message>
        <source>Options that differ</source>
        <translation>不同的选项</translation>
    </message>
    <message>
        <source>Choose two runs or more to see only what differs.</source>
        <translation>选择两个或更多运行，只看它们的不同之处。</translation>
    </message>
    <message>
        <source>These runs were asked to do exactly the same.</source>
        <translation>这些运行的要求完全相同。</translation>
    </message>
    <message>
        <source>Shown is what differs; {count} more are the same.</source>
        <translation>只显示不同的选项；另有 {count} 个相同。</translation>
    </message>
</context>
<context>
    <name>Outcome</name>
    <message>
        <source>{accuracy} of {count} test images are recognised; the true accuracy is probably {interval}.</source>
        <translation>{count} 张测试图像中识别正确的占 {accuracy}；真实准确率很可能在 {interval} 之间。</translation>
    </message>
    <message>
        <source>{accuracy} of {count} validation images are recognised ({interval}). They also chose the model, so this flatters: there is no test split.</source>
        <translation>{count} 张验证图像中识别正确的占 {accuracy}（{interval}）。模型也是靠这些图像挑选的，所以结果偏乐观：没有测试划分。</translation>
    </message>
    <message>
        <source>Its probabilities can be believed: on average they are {points} percentage points off the share that is right.</source>
        <translation>它给出的概率可信：平均与实际正确率相差 {points} 个百分点。</translation>
    </message>
    <message>
        <source>Take its probabilities with care: on average they are {points} percentage points off the share that is right.</source>
        <translation>它给出的概率请谨慎看待：平均与实际正确率相差 {points} 个百分点。</translation>
    </message>
    <message>
        <source>Do not rely on its probabilities: on average they are {points} percentage points off the share that is right.</source>
        <translation>请不要依赖它给出的概率：平均与实际正确率相差 {points} 个百分点。</translation>
    </message>
    <message>
        <source>Weakest class: {name}, of which {share} of {count} are recognised.</source>
        <translation>最弱的类别：{name}，{count} 张中识别出 {share}。</translation>
    </message>
</context>
<context>
    <name>PictureActions</name>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Which class do the {count} selected images get?</source>
        <translation>选中的 {count} 张图像归入哪个类别？</translation>
    </message>
    <message>
        <source>Which class does the image get?</source>
        <translation>这张图像归入哪个类别？</translation>
    </message>
    <message>
        <source>Rename or merge</source>
        <translation>重命名或合并</translation>
    </message>
    <message>
        <source>A new name for the class {name}, or another class to merge it into:</source>
        <translation>类别 {name} 的新名称，或要并入的另一个类别：</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Show large	Enter</source>
        <translation>放大查看	Enter</translation>
    </message>
    <message>
        <source>Move to class</source>
        <translation>移到类别</translation>
    </message>
    <message>
        <source>Another class…	C</source>
        <translation>其他类别…	C</translation>
    </message>
    <message>
        <source>Move to split</source>
        <translation>移到划分</translation>
    </message>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>val</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>Exclude	Delete</source>
        <translation>排除	Delete</translation>
    </message>
    <message>
        <source>Use again</source>
        <translation>重新采用</translation>
    </message>
    <message>
        <source>Take back all changes</source>
        <translation>撤回全部修改</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>复制路径</translation>
    </message>
    <message>
        <source>Open its folder</source>
        <translation>打开所在文件夹</translation>
    </message>
    <message>
        <source>Show only {name}</source>
        <translation>只显示 {name}</translation>
    </message>
    <message>
        <source>Move the selected images here	=</source>
        <translation>把选中的图像移到这里	=</translation>
    </message>
    <message>
        <source>Rename…	F2</source>
        <translation>重命名…	F2</translation>
    </message>
    <message>
        <source>Merge into</source>
        <translation>并入</translation>
    </message>
    <message>
        <source>Another class…</source>
        <translation>其他类别…</translation>
    </message>
</context>
<context>
    <name>Plot</name>
    <message>
        <source>Left and right move the crosshair, F shows all, L switches the logarithmic axis.</source>
        <translation>左右方向键移动十字线，F 显示全部，L 切换对数坐标。</translation>
    </message>
    <message>
        <source>Draw a rectangle to zoom, or turn the wheel with Ctrl. Double-click shows all.</source>
        <translation>拖出矩形可以放大，也可以按住 Ctrl 滚动滚轮。双击显示全部。</translation>
    </message>
    <message>
        <source>Values at the crosshair</source>
        <translation>十字线处的数值</translation>
    </message>
    <message>
        <source>log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Logarithmic axis (L)</source>
        <translation>对数坐标 (L)</translation>
    </message>
    <message>
        <source>fit</source>
        <translation>适应</translation>
    </message>
    <message>
        <source>Show all, and follow new data (F)</source>
        <translation>显示全部，并跟随新数据 (F)</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>More on this plot: {title}</source>
        <translation>此图的更多操作：{title}</translation>
    </message>
    <message>
        <source>Logarithmic horizontal axis</source>
        <translation>横轴用对数坐标</translation>
    </message>
    <message>
        <source>Show or hide this curve</source>
        <translation>显示或隐藏这条曲线</translation>
    </message>
</context>
<context>
    <name>PlotExport</name>
    <message>
        <source>Save as PNG…</source>
        <translation>另存为 PNG…</translation>
    </message>
    <message>
        <source>Save as SVG…</source>
        <translation>另存为 SVG…</translation>
    </message>
    <message>
        <source>Save the numbers as CSV…</source>
        <translation>把数据另存为 CSV…</translation>
    </message>
    <message>
        <source>Copy the picture</source>
        <translation>复制图形</translation>
    </message>
    <message>
        <source>Pictures (*.png)</source>
        <translation>图片 (*.png)</translation>
    </message>
    <message>
        <source>Drawings (*.svg)</source>
        <translation>矢量图 (*.svg)</translation>
    </message>
    <message>
        <source>Tables (*.csv)</source>
        <translation>表格 (*.csv)</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>The plot cannot be saved ({why}); choose another folder.</source>
        <translation>无法保存此图（{why}），请换一个文件夹。</translation>
    </message>
</context>
<context>
    <name>PluginsPage</name>
    <message>
        <source>Plugins</source>
        <translation>插件</translation>
    </message>
    <message>
        <source>Read again</source>
        <translation>重新读取</translation>
    </message>
    <message>
        <source>Plugin</source>
        <translation>插件</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Adds</source>
        <translation>提供的内容</translation>
    </message>
    <message>
        <source>Loaded in</source>
        <translation>载入用时</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>The plugins are being read</source>
        <translation>正在读取插件</translation>
    </message>
    <message>
        <source>They are asked what they offer, in the background. This takes some seconds.</source>
        <translation>正在后台查询它们提供的内容，需要几秒钟。</translation>
    </message>
    <message>
        <source>Copy the command</source>
        <translation>复制命令</translation>
    </message>
    <message>
        <source>What adds backbones, strategies and export formats</source>
        <translation>提供主干网络、策略和导出格式的插件</translation>
    </message>
    <message>
        <source>{count} loaded</source>
        <translation>已载入 {count} 个</translation>
    </message>
    <message>
        <source>{count} failed</source>
        <translation>{count} 个失败</translation>
    </message>
    <message>
        <source>loaded</source>
        <translation>已载入</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>{count} backbones</source>
        <translation>{count} 个主干网络</translation>
    </message>
    <message>
        <source>{count} strategies</source>
        <translation>{count} 个策略</translation>
    </message>
    <message>
        <source>{count} export formats</source>
        <translation>{count} 种导出格式</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Backbones: {ids}</source>
        <translation>主干网络：{ids}</translation>
    </message>
    <message>
        <source>Strategies: {ids}</source>
        <translation>策略：{ids}</translation>
    </message>
    <message>
        <source>Export formats: {ids}</source>
        <translation>导出格式：{ids}</translation>
    </message>
    <message>
        <source>Its maker, and you, can check it: {command}</source>
        <translation>它的作者和您都可以用这条命令检查它：{command}</translation>
    </message>
    <message>
        <source>The command is in the clipboard.</source>
        <translation>命令已复制到剪贴板。</translation>
    </message>
</context>
<context>
    <name>Predictor</name>
    <message>
        <source>Its name holds a line break; rename the file.</source>
        <translation>文件名中有换行符，请重命名该文件。</translation>
    </message>
    <message>
        <source>The process that predicts has ended by itself.</source>
        <translation>负责预测的进程自行结束了。</translation>
    </message>
</context>
<context>
    <name>Preview</name>
    <message>
        <source>Large view</source>
        <translation>大图</translation>
    </message>
    <message>
        <source>All images</source>
        <translation>全部图像</translation>
    </message>
    <message>
        <source>Previous image (Left)</source>
        <translation>上一张图像（左方向键）</translation>
    </message>
    <message>
        <source>Next image (Right)</source>
        <translation>下一张图像（右方向键）</translation>
    </message>
    <message>
        <source>Photo</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>What training sees</source>
        <translation>训练所见</translation>
    </message>
    <message>
        <source>Augmented</source>
        <translation>增强后</translation>
    </message>
    <message>
        <source>Zoom out (-)</source>
        <translation>缩小 (-)</translation>
    </message>
    <message>
        <source>Zoom in (+)</source>
        <translation>放大 (+)</translation>
    </message>
    <message>
        <source>Fit into the room (0)</source>
        <translation>适应窗口 (0)</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>划分</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>未采用</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Path</source>
        <translation>路径</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>尺寸</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Rotation</source>
        <translation>方向</translation>
    </message>
    <message>
        <source>Domain</source>
        <translation>域</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>分组</translation>
    </message>
    <message>
        <source>Content</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>As seen by</source>
        <translation>参照网络</translation>
    </message>
    <message>
        <source>Backbone whose preprocessing is shown</source>
        <translation>按哪个主干网络的预处理显示</translation>
    </message>
    <message>
        <source>not known yet</source>
        <translation>尚不清楚</translation>
    </message>
    <message>
        <source>Augmentation</source>
        <translation>数据增强</translation>
    </message>
    <message>
        <source>standard</source>
        <translation>标准</translation>
    </message>
    <message>
        <source>mirrored only</source>
        <translation>仅镜像</translation>
    </message>
    <message>
        <source>strong</source>
        <translation>强</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>{label}, {share}</source>
        <translation>{label}，{share}</translation>
    </message>
    <message>
        <source>The list of backbones is still being read.</source>
        <translation>主干网络列表仍在读取中。</translation>
    </message>
    <message>
        <source>No backbone is known yet whose preprocessing could be shown.</source>
        <translation>还没有可显示其预处理的主干网络。</translation>
    </message>
    <message>
        <source>the middle of the image</source>
        <translation>图像的中央部分</translation>
    </message>
    <message>
        <source>the whole image, squeezed into shape</source>
        <translation>整张图像，压缩变形</translation>
    </message>
    <message>
        <source>the whole image on a ground of the mean colour</source>
        <translation>整张图像，四周填充平均颜色</translation>
    </message>
    <message>
        <source>{height} × {width} pixels: {crop}, {method}</source>
        <translation>{height} × {width} 像素：{crop}，{method}</translation>
    </message>
    <message>
        <source>{width} × {height} pixels</source>
        <translation>{width} × {height} 像素</translation>
    </message>
    <message>
        <source>{format}, {bytes}</source>
        <translation>{format}，{bytes}</translation>
    </message>
    <message>
        <source>turned upright as EXIF says</source>
        <translation>已按 EXIF 转正</translation>
    </message>
    <message>
        <source>stored upright</source>
        <translation>按原方向存储</translation>
    </message>
    <message>
        <source>This file cannot be decoded: {reason}.</source>
        <translation>无法解码这个文件：{reason}。</translation>
    </message>
</context>
<context>
    <name>RunHeader</name>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete this run, after a question</source>
        <translation>先询问，再删除此运行</translation>
    </message>
    <message>
        <source>stopping</source>
        <translation>正在停止</translation>
    </message>
    <message>
        <source>cancelling</source>
        <translation>正在取消</translation>
    </message>
    <message>
        <source>State of the run</source>
        <translation>运行的状态</translation>
    </message>
    <message>
        <source>Train now</source>
        <translation>立即训练</translation>
    </message>
    <message>
        <source>Begin this run, or queue it</source>
        <translation>开始这个运行，或加入队列</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Go on from the last checkpoint</source>
        <translation>从上一个检查点继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Wait at the next step</source>
        <translation>在下一步暂停</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>End the pause</source>
        <translation>结束暂停</translation>
    </message>
    <message>
        <source>Stop and keep</source>
        <translation>停止并保留</translation>
    </message>
    <message>
        <source>End now, and keep the best model so far</source>
        <translation>立即结束，保留到目前为止最好的模型</translation>
    </message>
    <message>
        <source>Cancel and discard</source>
        <translation>取消并丢弃</translation>
    </message>
    <message>
        <source>End now, and throw away what was learned</source>
        <translation>立即结束，丢弃已学到的内容</translation>
    </message>
    <message>
        <source>Train again</source>
        <translation>重新训练</translation>
    </message>
    <message>
        <source>Do the same run once more, from the start</source>
        <translation>从头再做一次同样的运行</translation>
    </message>
    <message>
        <source>New run like this</source>
        <translation>以此新建运行</translation>
    </message>
    <message>
        <source>Begin a new run with these options, to change some of them</source>
        <translation>以这些选项新建运行，然后再作改动</translation>
    </message>
    <message>
        <source>Copy as command</source>
        <translation>复制为命令</translation>
    </message>
    <message>
        <source>The lines of a shell that do the same</source>
        <translation>可完成同样操作的命令行</translation>
    </message>
    <message>
        <source>{train} images to train on, {val} to validate, {test} to test</source>
        <translation>训练 {train} 张，验证 {val} 张，测试 {test} 张</translation>
    </message>
</context>
<context>
    <name>RunTable</name>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>The name of the run.</source>
        <translation>运行的名称。</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>How the run stands.</source>
        <translation>运行的当前状态。</translation>
    </message>
    <message>
        <source>Test accuracy</source>
        <translation>测试准确率</translation>
    </message>
    <message>
        <source>Share of the test images that are recognised, with its 95 % interval. They were never learned from.</source>
        <translation>测试图像中识别正确的比例，含 95 % 区间。这些图像从未参与学习。</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>Accuracy on the validation images, which chose the model: it flatters a little.</source>
        <translation>验证图像上的准确率；模型靠它们挑选，所以略偏乐观。</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>均衡</translation>
    </message>
    <message>
        <source>Mean over the classes of the share that is recognised: rare classes count as much as common ones.</source>
        <translation>各类别识别正确率的平均值：稀有类别与常见类别同等重要。</translation>
    </message>
    <message>
        <source>Macro F1</source>
        <translation>宏 F1</translation>
    </message>
    <message>
        <source>Mean over the classes of the F1 score, from 0 to 1.</source>
        <translation>各类别 F1 分数的平均值，从 0 到 1。</translation>
    </message>
    <message>
        <source>ECE</source>
        <translation>ECE</translation>
    </message>
    <message>
        <source>Expected calibration error: how far the stated confidence is from the truth. Smaller is better.</source>
        <translation>期望校准误差：所报置信度与实际情况的差距，越小越好。</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>How long the run took.</source>
        <translation>运行用了多长时间。</translation>
    </message>
    <message>
        <source>Images/s</source>
        <translation>图像/秒</translation>
    </message>
    <message>
        <source>Images per second while training.</source>
        <translation>训练时每秒处理的图像数。</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>The model on disk.</source>
        <translation>模型占用的磁盘空间。</translation>
    </message>
    <message>
        <source>Begun</source>
        <translation>开始时间</translation>
    </message>
    <message>
        <source>When the run began.</source>
        <translation>运行何时开始。</translation>
    </message>
    <message>
        <source>Strategy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>How it learns.</source>
        <translation>它的学习方式。</translation>
    </message>
    <message>
        <source>Backbone</source>
        <translation>主干网络</translation>
    </message>
    <message>
        <source>The pretrained network it starts from.</source>
        <translation>它所用的预训练网络。</translation>
    </message>
    <message>
        <source>{value}, between {interval} with 95 % confidence, on {count} images</source>
        <translation>{value}，95 % 置信区间 {interval}，共 {count} 张图像</translation>
    </message>
    <message>
        <source>{value} (on validation images: there is no test split)</source>
        <translation>{value}（在验证图像上：没有测试划分）</translation>
    </message>
</context>
<context>
    <name>RunsView</name>
    <message>
        <source>New run</source>
        <translation>新建运行</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>队列</translation>
    </message>
    <message>
        <source>Runs that wait</source>
        <translation>等待中的运行</translation>
    </message>
    <message>
        <source>Earlier (Ctrl+Up)</source>
        <translation>提前 (Ctrl+Up)</translation>
    </message>
    <message>
        <source>Later (Ctrl+Down)</source>
        <translation>推后 (Ctrl+Down)</translation>
    </message>
    <message>
        <source>Take out of the queue (Delete)</source>
        <translation>移出队列 (Delete)</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>No runs yet.</source>
        <translation>还没有运行。</translation>
    </message>
    <message>
        <source>It begins when {run} of the project {project} has ended, which another window or command runs on this device.</source>
        <translation>项目“{project}”的运行“{run}”正由另一个窗口或命令在此设备上执行；等它结束后，本次运行就会开始。</translation>
    </message>
    <message>
        <source>First {run} is trained: the same without adapting, which this run is measured against.</source>
        <translation>先训练 {run}：同样的训练但不做适应，本次运行以它为对照。</translation>
    </message>
</context>
<context>
    <name>ShiftPanel</name>
    <message>
        <source>How far apart are the two domains?</source>
        <translation>两个域相距多远？</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Features of both domains are computed once and compared, without any label of the target. The first time this takes a minute or two; a run on the same network needs them as well.</source>
        <translation>两个域的特征只计算一次并加以比较，不使用目标域的任何标签。第一次需要一两分钟；同一网络上的运行也会用到它们。</translation>
    </message>
    <message>
        <source>Progress of the measuring</source>
        <translation>测量进度</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>测量结果</translation>
    </message>
    <message>
        <source>0: alike</source>
        <translation>0：相同</translation>
    </message>
    <message>
        <source>2: nothing in common</source>
        <translation>2：毫无共同之处</translation>
    </message>
    <message>
        <source>Proxy A-distance of the domains</source>
        <translation>两个域的代理 A 距离</translation>
    </message>
    <message>
        <source>How far each class has moved, in times its spread (estimated)</source>
        <translation>各类别移动了其散布的多少倍（估计）</translation>
    </message>
    <message>
        <source>How far each class has moved</source>
        <translation>各类别移动了多远</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>{task}: {done} of {total}</source>
        <translation>{task}：{done}/{total}</translation>
    </message>
    <message>
        <source>How far the domains are apart could not be measured.</source>
        <translation>无法测量两个域相距多远。</translation>
    </message>
    <message>
        <source>Measure again</source>
        <translation>重新测量</translation>
    </message>
    <message>
        <source>Worth trying first: {strategies}</source>
        <translation>值得先尝试：{strategies}</translation>
    </message>
    <message>
        <source>A-distance {distance}, between {low} and {high}</source>
        <translation>A 距离 {distance}，介于 {low} 和 {high} 之间</translation>
    </message>
    <message>
        <source>{name}: no image of the target seems to be of it</source>
        <translation>{name}：似乎没有目标域图像属于它</translation>
    </message>
    <message>
        <source>{name}: moved by {distance} times its spread; {source} of the source, about {target} of the target</source>
        <translation>{name}：移动了其散布的 {distance} 倍；占源域 {source}，约占目标域 {target}</translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>Shortcuts</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Project</source>
        <translation>项目</translation>
    </message>
    <message>
        <source>Project manager</source>
        <translation>项目管理器</translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>最近的项目</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>暂无</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试用</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Exports</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>epoch {epoch} of {epochs}</source>
        <translation>第 {epoch}/{epochs} 轮</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Take out of this list</source>
        <translation>从列表中移除</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
</context>
<context>
    <name>SignsView</name>
    <message>
        <source>Signs of success on the target</source>
        <translation>目标域上成功的信号</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>轮</translation>
    </message>
    <message>
        <source>Each is stretched to its own range; higher is better. No label of the target is used.</source>
        <translation>每条曲线按自身范围缩放，越高越好。不使用目标域的任何标签。</translation>
    </message>
    <message>
        <source>By their mean rank, epoch {number} was kept.</source>
        <translation>按平均名次，保留了第 {number} 轮。</translation>
    </message>
    <message>
        <source>By their mean rank, epoch {number} is the choice so far.</source>
        <translation>按平均名次，目前选择第 {number} 轮。</translation>
    </message>
</context>
<context>
    <name>SortPanel</name>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Sort a folder into classes</source>
        <translation>把文件夹按类别归类</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Images in</source>
        <translation>图像来源</translation>
    </message>
    <message>
        <source>Copy into</source>
        <translation>复制到</translation>
    </message>
    <message>
        <source>{what}: choose a folder</source>
        <translation>{what}：选择文件夹</translation>
    </message>
    <message>
        <source>A folder of images, or drop one here</source>
        <translation>图像文件夹，也可以拖到这里</translation>
    </message>
    <message>
        <source>A folder that gets one folder for each class</source>
        <translation>将在其中为每个类别建一个文件夹</translation>
    </message>
    <message>
        <source>Show what goes where</source>
        <translation>预览归类结果</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Unsure below</source>
        <translation>不确定阈值</translation>
    </message>
    <message>
        <source>Images below this confidence count as unsure</source>
        <translation>置信度低于此值的图像算作不确定</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Folders and how many images go there</source>
        <translation>各文件夹及其图像数</translation>
    </message>
    <message>
        <source>Images of the chosen folder</source>
        <translation>所选文件夹中的图像</translation>
    </message>
    <message>
        <source>Link instead of copying</source>
        <translation>用链接代替复制</translation>
    </message>
    <message>
        <source>Saves space: each file then stands in both places, but is stored once.</source>
        <translation>节省空间：文件在两处都能看到，但只存一份。</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Choose a folder of images</source>
        <translation>选择图像文件夹</translation>
    </message>
    <message>
        <source>Choose where the folders go</source>
        <translation>选择存放归类结果的位置</translation>
    </message>
    <message>
        <source>{name} sorted</source>
        <translation>{name} 已归类</translation>
    </message>
    <message>
        <source>There is no folder {folder}.</source>
        <translation>文件夹 {folder} 不存在。</translation>
    </message>
    <message>
        <source>Choose where the folders go.</source>
        <translation>请选择存放归类结果的位置。</translation>
    </message>
    <message>
        <source>{folder} is a file; choose a folder.</source>
        <translation>{folder} 是一个文件，请选择文件夹。</translation>
    </message>
    <message>
        <source>Choose a folder outside of the images: sorted again, the copies would be sorted too.</source>
        <translation>请选择图像文件夹以外的位置：否则再次归类时，副本也会被归类。</translation>
    </message>
    <message>
        <source>{done} of {total} images</source>
        <translation>{done}/{total} 张图像</translation>
    </message>
    <message>
        <source>Stopped after {done} images. {reason} Copying goes through the whole folder.</source>
        <translation>处理 {done} 张图像后停止。{reason}复制时会处理整个文件夹。</translation>
    </message>
    <message>
        <source>not copied: cannot be read</source>
        <translation>未复制：无法读取</translation>
    </message>
    <message>
        <source>{unsure} of {count} images are unsure</source>
        <translation>{count} 张图像中有 {unsure} 张不确定</translation>
    </message>
    <message>
        <source>Link {count} images into {folders} folders</source>
        <translation>把 {count} 张图像链接到 {folders} 个文件夹</translation>
    </message>
    <message>
        <source>Copy {count} images into {folders} folders</source>
        <translation>把 {count} 张图像复制到 {folders} 个文件夹</translation>
    </message>
    <message>
        <source>Stopped. What was copied so far stays; copying again goes on without doubling anything.</source>
        <translation>已停止。已复制的文件会保留；再次复制会接着进行，不会重复。</translation>
    </message>
    <message>
        <source>Done: the images are in {folder}. The originals are where they were.</source>
        <translation>完成：图像在 {folder} 中，原文件仍在原处。</translation>
    </message>
    <message>
        <source>{count} could not be placed.</source>
        <translation>{count} 张未能归类。</translation>
    </message>
    <message>
        <source>Predict again</source>
        <translation>重新预测</translation>
    </message>
    <message>
        <source>Nothing is written yet.</source>
        <translation>尚未写入任何内容。</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>正在载入模型…</translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>From a folder of photos to a model that you can trust</source>
        <translation>从一个照片文件夹，到一个值得信赖的模型</translation>
    </message>
    <message>
        <source>Open the sample</source>
        <translation>打开示例</translation>
    </message>
    <message>
        <source>Small pictures of apples, to see how everything works within a few minutes.</source>
        <translation>一组小苹果图片，几分钟就能了解整个流程。</translation>
    </message>
    <message>
        <source>New project from a folder</source>
        <translation>从文件夹新建项目</translation>
    </message>
    <message>
        <source>Photos in one folder for each class. You can also drop the folder anywhere on this window.</source>
        <translation>每个类别的照片放在一个文件夹里。也可以把文件夹直接拖到窗口的任意位置。</translation>
    </message>
    <message>
        <source>Open a project</source>
        <translation>打开项目</translation>
    </message>
    <message>
        <source>Go on with a project from this computer or from a shared disk.</source>
        <translation>继续处理这台电脑或共享磁盘上的项目。</translation>
    </message>
    <message>
        <source>A folder of images</source>
        <translation>图像文件夹</translation>
    </message>
    <message>
        <source>The folder of a project</source>
        <translation>项目文件夹</translation>
    </message>
</context>
<context>
    <name>StatusCard</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Share of the training that is done</source>
        <translation>训练已完成的比例</translation>
    </message>
    <message>
        <source>Elapsed</source>
        <translation>已用时间</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>剩余时间</translation>
    </message>
    <message>
        <source>Best so far</source>
        <translation>目前最佳</translation>
    </message>
    <message>
        <source>Since the best</source>
        <translation>最佳之后已过</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>waiting for the engine</source>
        <translation>正在等待引擎</translation>
    </message>
    <message>
        <source>not known yet</source>
        <translation>尚不清楚</translation>
    </message>
    <message>
        <source>about {time}</source>
        <translation>约 {time}</translation>
    </message>
    <message>
        <source>no epoch has ended yet</source>
        <translation>还没有完成一轮</translation>
    </message>
    <message>
        <source>epoch {number}</source>
        <translation>第 {number} 轮</translation>
    </message>
    <message>
        <source>this is the best</source>
        <translation>本轮即最佳</translation>
    </message>
    <message>
        <source>one epoch</source>
        <translation>1 轮</translation>
    </message>
    <message>
        <source>{count} epochs</source>
        <translation>{count} 轮</translation>
    </message>
    <message>
        <source>{rate} images a second</source>
        <translation>每秒 {rate} 张图像</translation>
    </message>
    <message>
        <source>The course of the training</source>
        <translation>训练过程</translation>
    </message>
    <message>
        <source>Phase {number} of {of}: {name}</source>
        <translation>训练第 {number}/{of} 步：{name}</translation>
    </message>
    <message>
        <source>Training: {name}</source>
        <translation>训练：{name}</translation>
    </message>
    <message>
        <source>Getting ready</source>
        <translation>正在准备</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>epoch {number} of {of}</source>
        <translation>第 {number}/{of} 轮</translation>
    </message>
    <message>
        <source>step {number} of {of}</source>
        <translation>第 {number}/{of} 步</translation>
    </message>
    <message>
        <source>step {number}</source>
        <translation>第 {number} 步</translation>
    </message>
    <message>
        <source>{task}: {done} of {total}</source>
        <translation>{task}：{done}/{total}</translation>
    </message>
    <message>
        <source>{rate} a second</source>
        <translation>每秒 {rate} 张</translation>
    </message>
    <message>
        <source>about {time} left</source>
        <translation>约剩 {time}</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Note</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation>运行的进度</translation>
    </message>
    <message>
        <source>What runs use to compute</source>
        <translation>运行使用的计算设备</translation>
    </message>
    <message>
        <source>Disk used by stored features, which all projects share</source>
        <translation>特征缓存占用的磁盘空间，由所有项目共用</translation>
    </message>
    <message>
        <source>begins</source>
        <translation>正在开始</translation>
    </message>
    <message>
        <source>epoch {epoch} of {epochs}</source>
        <translation>第 {epoch}/{epochs} 轮</translation>
    </message>
    <message>
        <source>{count} waiting</source>
        <translation>{count} 个等待中</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>剩余 {time}</translation>
    </message>
</context>
<context>
    <name>StrategyCard</name>
    <message>
        <source>start here</source>
        <translation>建议首选</translation>
    </message>
    <message>
        <source>for comparison</source>
        <translation>用于对照</translation>
    </message>
    <message>
        <source>suggested</source>
        <translation>建议</translation>
    </message>
</context>
<context>
    <name>Studio</name>
    <message>
        <source>There are no photos in {name}. Give the folder that holds them, one folder in it for each class.</source>
        <translation>{name} 中没有照片。请选择存放照片的文件夹，其中每个类别一个子文件夹。</translation>
    </message>
    <message>
        <source>{name} is a single file. Give the folder that holds the photos, one folder in it for each class.</source>
        <translation>{name} 是单个文件。请选择存放照片的文件夹，其中每个类别一个子文件夹。</translation>
    </message>
    <message>
        <source>There are no photos in {name}. Give the folder that holds those of the other domain.</source>
        <translation>{name} 中没有照片。请给出存放另一个域照片的文件夹。</translation>
    </message>
    <message>
        <source>There are too many projects of this name in {folder}; choose another name.</source>
        <translation>{folder} 中同名的项目太多，请换一个名称。</translation>
    </message>
    <message>
        <source>The images cannot be looked through.</source>
        <translation>无法扫描图像。</translation>
    </message>
    <message>
        <source>The plugins cannot be read, so there is nothing to train with: {why}</source>
        <translation>无法读取插件，因此没有可用于训练的内容：{why}</translation>
    </message>
</context>
<context>
    <name>SummaryCard</name>
    <message>
        <source>Accuracy</source>
        <translation>准确率</translation>
    </message>
    <message>
        <source>Next:</source>
        <translation>下一步：</translation>
    </message>
    <message>
        <source>Try it on images</source>
        <translation>用图像试一试</translation>
    </message>
    <message>
        <source>Compare with other runs</source>
        <translation>与其他运行比较</translation>
    </message>
    <message>
        <source>Export the model</source>
        <translation>导出模型</translation>
    </message>
    <message>
        <source>test accuracy</source>
        <translation>测试准确率</translation>
    </message>
    <message>
        <source>validation accuracy</source>
        <translation>验证准确率</translation>
    </message>
    <message>
        <source>Took {time}</source>
        <translation>用时 {time}</translation>
    </message>
    <message>
        <source>the model is that of epoch {best} of {epochs}</source>
        <translation>采用第 {best} 轮的模型（共 {epochs} 轮）</translation>
    </message>
    <message>
        <source>stopped early, as it got no better</source>
        <translation>不再改进，提前停止</translation>
    </message>
</context>
<context>
    <name>TargetCard</name>
    <message>
        <source>On the target domain</source>
        <translation>在目标域上</translation>
    </message>
    <message>
        <source>Accuracy on the target</source>
        <translation>目标域上的准确率</translation>
    </message>
    <message>
        <source>Shares of the predicted classes</source>
        <translation>各预测类别的占比</translation>
    </message>
    <message>
        <source>Label a few images</source>
        <translation>给少量图像加标签</translation>
    </message>
    <message>
        <source>20 to 50 labels tell how accurate the models are on the target, with an interval</source>
        <translation>20 到 50 个标签就能说明各模型在目标域上有多准确，并附区间</translation>
    </message>
    <message>
        <source>About two minutes, with the keyboard alone.</source>
        <translation>约两分钟，只用键盘。</translation>
    </message>
    <message>
        <source>The baseline that adaptations are measured against</source>
        <translation>用来衡量自适应的基线</translation>
    </message>
    <message>
        <source>Whether adapting helped is not known: there is no finished baseline with the same budget</source>
        <translation>不知道自适应是否有帮助：没有预算相同且已完成的基线</translation>
    </message>
    <message>
        <source>By the labels: {sentence}</source>
        <translation>按标签：{sentence}</translation>
    </message>
    <message>
        <source>Without labels: {sentence}</source>
        <translation>按无需标签的信号：{sentence}</translation>
    </message>
    <message>
        <source>What it takes the {count} images of the target for:</source>
        <translation>它把目标域的 {count} 张图像判断为：</translation>
    </message>
    <message>
        <source>By the target&apos;s own labels, read after the model was chosen, {accuracy} of {count} images are recognised ({interval}).</source>
        <translation>按目标域自身的标签（在选定模型之后才读取），{count} 张图像中 {accuracy} 被正确识别（{interval}）。</translation>
    </message>
    <message>
        <source>Nearly all images get the same few answers: the model has collapsed.</source>
        <translation>几乎所有图像都得到相同的少数几个答案：模型已经坍缩。</translation>
    </message>
    <message>
        <source>Images of classes that the labelled images lack, which no model can name: {count}.</source>
        <translation>属于有标签图像所没有的类别、任何模型都无法说出的图像：{count} 张。</translation>
    </message>
    <message>
        <source>Images of the target that are left out: {count}.</source>
        <translation>目标域中未采用的图像：{count} 张。</translation>
    </message>
</context>
<context>
    <name>TargetChange</name>
    <message>
        <source>{name} is not a folder. Give the folder that holds the images of the other domain.</source>
        <translation>{name} 不是文件夹。请给出存放另一个域图像的文件夹。</translation>
    </message>
    <message>
        <source>There are no photos in {name}. Give the folder that holds those of the other domain.</source>
        <translation>{name} 中没有照片。请给出存放另一个域照片的文件夹。</translation>
    </message>
    <message>
        <source>The target domain could not be changed.</source>
        <translation>无法更改目标域。</translation>
    </message>
</context>
<context>
    <name>TargetTab</name>
    <message>
        <source>Label a few images</source>
        <translation>给少量图像加标签</translation>
    </message>
    <message>
        <source>20 to 50 labels tell how accurate the chosen run is on the target, and correct the choice</source>
        <translation>20 到 50 个标签就能说明所选运行在目标域上有多准确，并修正选择</translation>
    </message>
    <message>
        <source>What is known of the target</source>
        <translation>关于目标域已知的情况</translation>
    </message>
    <message>
        <source>Runs on the target domain</source>
        <translation>目标域上的运行</translation>
    </message>
    <message>
        <source>The best by mean rank first.</source>
        <translation>平均名次最好的在前。</translation>
    </message>
    <message>
        <source>No run can be chosen without labels.</source>
        <translation>没有标签就无法选择运行。</translation>
    </message>
    <message>
        <source>Too close to call without labels: {runs}</source>
        <translation>没有标签难分高下：{runs}</translation>
    </message>
    <message>
        <source>By the signs that need no labels, take {run}</source>
        <translation>按无需标签的信号，选择 {run}</translation>
    </message>
    <message>
        <source>Signs are no accuracy: labels of a few images would tell more.</source>
        <translation>信号不是准确率：给少量图像加标签会说明更多。</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Mean rank</source>
        <translation>平均名次</translation>
    </message>
    <message>
        <source>Over all signs that need no labels; 1 is the best.</source>
        <translation>对所有无需标签的信号取平均；1 为最好。</translation>
    </message>
    <message>
        <source>By signs</source>
        <translation>按信号</translation>
    </message>
    <message>
        <source>Whether adapting helped, by signs that need no labels.</source>
        <translation>按无需标签的信号，自适应是否有帮助。</translation>
    </message>
    <message>
        <source>By labels</source>
        <translation>按标签</translation>
    </message>
    <message>
        <source>Whether adapting helped, by the labels of the target, where there are any.</source>
        <translation>按目标域的标签（如果有），自适应是否有帮助。</translation>
    </message>
    <message>
        <source>Target accuracy</source>
        <translation>目标域准确率</translation>
    </message>
    <message>
        <source>By the labels of the target, read after the model was chosen.</source>
        <translation>按目标域的标签，在选定模型之后才读取。</translation>
    </message>
    <message>
        <source>Audit</source>
        <translation>审计</translation>
    </message>
    <message>
        <source>By the images that you have labelled, with its 95 % interval.</source>
        <translation>按您加过标签的图像，附 95 % 区间。</translation>
    </message>
</context>
<context>
    <name>TargetView</name>
    <message>
        <source>Images of the target domain</source>
        <translation>目标域的图像</translation>
    </message>
    <message>
        <source>Looking through the images of the target domain</source>
        <translation>正在查看目标域的图像</translation>
    </message>
    <message>
        <source>Target domain</source>
        <translation>目标域</translation>
    </message>
    <message>
        <source>Change the target domain, or take it away</source>
        <translation>更改或移除目标域</translation>
    </message>
    <message>
        <source>Choose another folder…</source>
        <translation>选择其他文件夹…</translation>
    </message>
    <message>
        <source>Take the target domain away…</source>
        <translation>移除目标域…</translation>
    </message>
    <message>
        <source>Find by name</source>
        <translation>按名称查找</translation>
    </message>
    <message>
        <source>Find among the images of the target domain</source>
        <translation>在目标域的图像中查找</translation>
    </message>
    <message>
        <source>Which images of the target domain</source>
        <translation>显示目标域的哪些图像</translation>
    </message>
    <message>
        <source>Used and left out</source>
        <translation>采用和未采用</translation>
    </message>
    <message>
        <source>Used</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>未采用</translation>
    </message>
    <message>
        <source>{found} found = {used} used + {left_out} left out</source>
        <translation>找到 {found} = 采用 {used} + 未采用 {left_out}</translation>
    </message>
    <message>
        <source>{count} of {every} shown</source>
        <translation>显示 {count} 张，共 {every} 张</translation>
    </message>
    <message>
        <source>Its class folders are kept from training; they are only read for the report at the end.</source>
        <translation>其类别文件夹不会用于训练，只在最后生成报告时读取。</translation>
    </message>
    <message>
        <source>{number} of {count}</source>
        <translation>{number}/{count}</translation>
    </message>
</context>
<context>
    <name>TrainPage</name>
    <message>
        <source>These runs were measured against it: {runs}.</source>
        <translation>以下运行是以它为基准衡量的：{runs}。</translation>
    </message>
    <message>
        <source>Delete the run {run}? It has not begun yet.</source>
        <translation>删除运行 {run}？它尚未开始。</translation>
    </message>
    <message>
        <source>Delete the run {run} with its model and its results, {size}? They are gone for good.</source>
        <translation>删除运行 {run} 及其模型和结果（{size}）？删除后无法恢复。</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>{run} was deleted</source>
        <translation>已删除 {run}</translation>
    </message>
    <message>
        <source>Train the new run</source>
        <translation>训练新的运行</translation>
    </message>
    <message>
        <source>Waiting run: earlier or later</source>
        <translation>排队的运行：提前或推后</translation>
    </message>
    <message>
        <source>Waiting run: take out of the queue</source>
        <translation>排队的运行：移出队列</translation>
    </message>
    <message>
        <source>Plot: values to the left or right</source>
        <translation>曲线图：查看左侧或右侧的数值</translation>
    </message>
    <message>
        <source>Plot: first or last value</source>
        <translation>曲线图：第一个或最后一个数值</translation>
    </message>
    <message>
        <source>Plot: show all</source>
        <translation>曲线图：显示全部</translation>
    </message>
    <message>
        <source>Plot: logarithmic axis</source>
        <translation>曲线图：对数坐标轴</translation>
    </message>
    <message>
        <source>Plot: zoom</source>
        <translation>曲线图：缩放</translation>
    </message>
    <message>
        <source>Ctrl and the wheel</source>
        <translation>Ctrl 加滚轮</translation>
    </message>
    <message>
        <source>{strategy} on {backbone}</source>
        <translation>{strategy}，{backbone}</translation>
    </message>
    <message>
        <source>{baseline} is trained first: {name} is measured against it</source>
        <translation>先训练 {baseline}：{name} 将与它比较</translation>
    </message>
    <message>
        <source>{name} waits in the queue</source>
        <translation>{name} 已加入队列等待</translation>
    </message>
    <message>
        <source>{name} has ended with a failure</source>
        <translation>{name} 失败了</translation>
    </message>
    <message>
        <source>Go on training</source>
        <translation>继续训练</translation>
    </message>
    <message>
        <source>Cancel and discard</source>
        <translation>取消并丢弃</translation>
    </message>
    <message>
        <source>Cancel this run, and throw away what it has learned? Stop and keep would keep it.</source>
        <translation>取消这个运行，并丢弃它学到的内容吗？“停止并保留”则会保留。</translation>
    </message>
    <message>
        <source>The commands are on the clipboard</source>
        <translation>命令已复制到剪贴板</translation>
    </message>
</context>
<context>
    <name>TroubleCard</name>
    <message>
        <source>Last words</source>
        <translation>最后的信息</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Last words of the run</source>
        <translation>运行最后的信息</translation>
    </message>
    <message>
        <source>The run has failed</source>
        <translation>运行失败</translation>
    </message>
    <message>
        <source>Resume goes on from step {step}; nothing before it is lost.</source>
        <translation>“恢复”会从第 {step} 步继续，此前的内容都不会丢失。</translation>
    </message>
    <message>
        <source>Resume begins it again: nothing had been saved yet.</source>
        <translation>尚未保存任何内容，“恢复”会重新开始。</translation>
    </message>
    <message>
        <source>The run was interrupted</source>
        <translation>运行被中断</translation>
    </message>
    <message>
        <source>The engine was killed (signal {number})</source>
        <translation>引擎被终止（信号 {number}）</translation>
    </message>
    <message>
        <source>The engine crashed (exit code {number})</source>
        <translation>引擎崩溃（退出代码 {number}）</translation>
    </message>
    <message>
        <source>The engine ended without a word</source>
        <translation>引擎没有留下任何信息就结束了</translation>
    </message>
    <message>
        <source>The run was cancelled</source>
        <translation>运行已取消</translation>
    </message>
    <message>
        <source>What it had learned was thrown away.</source>
        <translation>学到的内容已丢弃。</translation>
    </message>
    <message>
        <source>The run could not begin</source>
        <translation>运行未能开始</translation>
    </message>
    <message>
        <source>This run has not begun</source>
        <translation>这个运行尚未开始</translation>
    </message>
    <message>
        <source>Train now begins it, behind what is in the queue.</source>
        <translation>“立即训练”会让它排在队列之后开始。</translation>
    </message>
    <message>
        <source>This run waits in the queue</source>
        <translation>这个运行正在队列中等待</translation>
    </message>
    <message>
        <source>It begins when its device is free.</source>
        <translation>设备空闲后就会开始。</translation>
    </message>
    <message>
        <source>Last event:</source>
        <translation>最后一个事件：</translation>
    </message>
</context>
<context>
    <name>TryPage</name>
    <message>
        <source>Try it</source>
        <translation>试用</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>An exported ONNX file…</source>
        <translation>导出的 ONNX 文件…</translation>
    </message>
    <message>
        <source>Choose images…</source>
        <translation>选择图像…</translation>
    </message>
    <message>
        <source>Images to try, from any folder (Ctrl+Shift+O)</source>
        <translation>要试用的图像，可来自任意文件夹（Ctrl+Shift+O）</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>Sort a folder…</source>
        <translation>归类文件夹…</translation>
    </message>
    <message>
        <source>Copy or link its images into one folder for each class</source>
        <translation>把其中的图像复制或链接到每个类别各自的文件夹</translation>
    </message>
    <message>
        <source>No model to try yet</source>
        <translation>还没有可试用的模型</translation>
    </message>
    <message>
        <source>Finish a run first, or choose an exported ONNX file above.</source>
        <translation>请先完成一个运行，或在上方选择导出的 ONNX 文件。</translation>
    </message>
    <message>
        <source>Go to Train</source>
        <translation>前往训练页</translation>
    </message>
    <message>
        <source>Drop images here</source>
        <translation>把图像拖到这里</translation>
    </message>
    <message>
        <source>Or paste one from the clipboard, or choose files. They stay where they are.</source>
        <translation>也可以从剪贴板粘贴，或选择文件。文件会留在原处。</translation>
    </message>
    <message>
        <source>Images and what they are taken for</source>
        <translation>图像及其预测类别</translation>
    </message>
    <message>
        <source>Show what mattered</source>
        <translation>显示判断依据</translation>
    </message>
    <message>
        <source>Colour the places that spoke most for this class (Ctrl+H)</source>
        <translation>给最支持这个类别的区域着色（Ctrl+H）</translation>
    </message>
    <message>
        <source>How much the colours cover</source>
        <translation>着色的不透明度</translation>
    </message>
    <message>
        <source>What the model says</source>
        <translation>模型的回答</translation>
    </message>
    <message>
        <source>Paste an image</source>
        <translation>粘贴图像</translation>
    </message>
    <message>
        <source>Show or hide what mattered</source>
        <translation>显示或隐藏判断依据</translation>
    </message>
    <message>
        <source>Choose an exported model</source>
        <translation>选择导出的模型</translation>
    </message>
    <message>
        <source>ONNX files (*.onnx)</source>
        <translation>ONNX 文件 (*.onnx)</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>正在载入模型…</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>The model cannot be used</source>
        <translation>无法使用这个模型</translation>
    </message>
    <message>
        <source>{count} to go</source>
        <translation>还剩 {count} 张</translation>
    </message>
    <message>
        <source>There are no images in this folder.</source>
        <translation>这个文件夹里没有图像。</translation>
    </message>
    <message>
        <source>The first {shown} of {count} images are shown; sort the folder to predict all of them.</source>
        <translation>只显示 {count} 张图像中的前 {shown} 张；要预测全部，请把文件夹按类别归类。</translation>
    </message>
    <message>
        <source>There is no image on the clipboard.</source>
        <translation>剪贴板中没有图像。</translation>
    </message>
    <message>
        <source>Choose images</source>
        <translation>选择图像</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Choose a folder of images</source>
        <translation>选择图像文件夹</translation>
    </message>
    <message>
        <source>Only files of this machine can be tried.</source>
        <translation>只能试用本机上的文件。</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>This image cannot be predicted</source>
        <translation>无法预测这张图像</translation>
    </message>
    <message>
        <source>{label}, {share} sure</source>
        <translation>{label}，把握 {share}</translation>
    </message>
    <message>
        <source>Predicting…</source>
        <translation>正在预测…</translation>
    </message>
    <message>
        <source>Nothing shows what mattered: {why}.</source>
        <translation>无法显示判断依据：{why}。</translation>
    </message>
    <message>
        <source>Bright places spoke most for {label}.</source>
        <translation>越亮的区域越支持 {label}。</translation>
    </message>
    <message>
        <source>The dashed frame is what the model sees.</source>
        <translation>虚线框内是模型看到的部分。</translation>
    </message>
    <message>
        <source>No place in this image spoke for its class more than the others.</source>
        <translation>图像中没有哪个区域特别支持这个类别。</translation>
    </message>
</context>
<context>
    <name>VerdictView</name>
    <message>
        <source>Among {looks} comparisons, one like it can be chance.</source>
        <translation>在 {looks} 次比较中，出现一次这样的差异可能只是偶然。</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>结论</translation>
    </message>
    <message>
        <source>Comparing the runs image by image…</source>
        <translation>正在逐张图像比较各个运行…</translation>
    </message>
    <message>
        <source>The runs cannot be compared.</source>
        <translation>无法比较这些运行。</translation>
    </message>
    <message>
        <source>Only the newest run of each name is judged, not {runs}.</source>
        <translation>同名的运行只评判最新的一个，不含 {runs}。</translation>
    </message>
    <message>
        <source>Not judged, because they have no final model: {runs}.</source>
        <translation>未评判（没有最终模型）：{runs}。</translation>
    </message>
    <message>
        <source>There is no finished run to compare yet.</source>
        <translation>还没有已完成的运行可以比较。</translation>
    </message>
    <message>
        <source>Only one run is finished: do another one to compare it with.</source>
        <translation>只有一个运行已完成：再做一个才能比较。</translation>
    </message>
    <message>
        <source>Choose two runs or more in the table.</source>
        <translation>在表格中选择两个或更多运行。</translation>
    </message>
    <message>
        <source>{count} images</source>
        <translation>{count} 张图像</translation>
    </message>
    <message>
        <source>1 image</source>
        <translation>1 张图像</translation>
    </message>
    <message>
        <source>{images} in {count} groups</source>
        <translation>{images}（{count} 组）</translation>
    </message>
    <message>
        <source>{a} and {b} share no measured images, so they cannot be compared.</source>
        <translation>{a} 和 {b} 没有共同测过的图像，无法比较。</translation>
    </message>
    <message>
        <source>{points} points more accurate on {images} (between {low} and {high} points).</source>
        <translation>在 {images}上，准确率高 {points} 个百分点（介于 {low} 和 {high} 之间）。</translation>
    </message>
    <message>
        <source>{b} is better than {a}</source>
        <translation>{b} 优于 {a}</translation>
    </message>
    <message>
        <source>{points} points less accurate on {images} (between {low} and {high} points).</source>
        <translation>在 {images}上，准确率低 {points} 个百分点（介于 {low} 和 {high} 之间）。</translation>
    </message>
    <message>
        <source>{b} is worse than {a}</source>
        <translation>{b} 不如 {a}</translation>
    </message>
    <message>
        <source>Too close to call: {a} and {b}</source>
        <translation>难分高下：{a} 和 {b}</translation>
    </message>
    <message>
        <source>{images} are too little to tell them apart, whatever the outcome; measure on more.</source>
        <translation>{images}太少，无论结果如何都无法分出高下；请在更多图像上测试。</translation>
    </message>
    <message>
        <source>Both are right on exactly the same of {images}.</source>
        <translation>在 {images}中，两者正确的完全相同。</translation>
    </message>
    <message>
        <source>{b} alone is right on {b_only} of {images}, {a} alone on {a_only}; the true difference may lie between {low} and {high} points.</source>
        <translation>在 {images}中，{b_only} 张只有 {b} 正确，{a_only} 张只有 {a} 正确；真实差异可能在 {low} 到 {high} 个百分点之间。</translation>
    </message>
    <message>
        <source>Transfer helped</source>
        <translation>迁移有效</translation>
    </message>
    <message>
        <source>Negative transfer</source>
        <translation>负迁移</translation>
    </message>
    <message>
        <source>No evidence that transfer helped or hurt</source>
        <translation>没有证据表明迁移有益或有害</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Opening {name}…</source>
        <translation>正在打开 {name}…</translation>
    </message>
    <message>
        <source>You may not write to this project&apos;s folder: you can look, not train.</source>
        <translation>您没有这个项目文件夹的写入权限：可以查看，不能训练。</translation>
    </message>
    <message>
        <source>Apples (sample)</source>
        <translation>苹果（示例）</translation>
    </message>
    <message>
        <source>{name} is a single file, and a project needs a folder: one with a folder of photos for each class. Drop that folder, or the folder that this file is in.</source>
        <translation>{name} 是单个文件，而项目需要一个文件夹，其中每个类别的照片各放一个文件夹。请拖入那样的文件夹，或这个文件所在的文件夹。</translation>
    </message>
    <message>
        <source>The project cannot be made: {why}</source>
        <translation>无法创建项目：{why}</translation>
    </message>
    <message>
        <source>The project is in {folder}</source>
        <translation>项目位于 {folder}</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;New project from a folder…</source>
        <translation>从文件夹新建项目(&amp;N)…</translation>
    </message>
    <message>
        <source>New project…</source>
        <translation>新建项目…</translation>
    </message>
    <message>
        <source>&amp;Open project…</source>
        <translation>打开项目(&amp;O)…</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>打开最近的项目(&amp;R)</translation>
    </message>
    <message>
        <source>Open the &amp;sample</source>
        <translation>打开示例(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Close project</source>
        <translation>关闭项目(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Data</source>
        <translation>数据(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Train</source>
        <translation>训练(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Compare</source>
        <translation>比较(&amp;C)</translation>
    </message>
    <message>
        <source>Tr&amp;y it</source>
        <translation>试用(&amp;Y)</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>导出(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Project manager</source>
        <translation>项目管理器(&amp;P)</translation>
    </message>
    <message>
        <source>Go to the project manager</source>
        <translation>转到项目管理器</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Shortcuts</source>
        <translation>快捷键(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Plugins</source>
        <translation>插件(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;About xferstudio</source>
        <translation>关于 xferstudio(&amp;A)</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>暂无</translation>
    </message>
    <message>
        <source>The language changes when the window is opened again.</source>
        <translation>下次打开窗口时切换语言。</translation>
    </message>
    <message>
        <source>This page</source>
        <translation>当前页</translation>
    </message>
    <message>
        <source>Everywhere</source>
        <translation>所有页面</translation>
    </message>
    <message>
        <source>Something went wrong in the window, and it is not your fault: {fault}
Your runs are not touched by it. If it comes again, close the window and open it again.</source>
        <translation>窗口出了问题，这不是您的错：{fault}
正在进行的运行不受影响。如果再次出现，请关闭窗口后重新打开。</translation>
    </message>
    <message>
        <source>These plugins could not be loaded, and everything else works without them: {names}</source>
        <translation>以下插件无法载入，其他功能不受影响：{names}</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Show plugins</source>
        <translation>查看插件</translation>
    </message>
    <message>
        <source>Reload</source>
        <translation>重新载入</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>The changed project cannot be used, so what was there before stays: {why}</source>
        <translation>修改后的项目无法使用，因此保留原来的内容：{why}</translation>
    </message>
    <message>
        <source>The folder {folder} is not there any more: it was moved, renamed or deleted, or its disk was taken out. Put it back and look again, or close the project.</source>
        <translation>文件夹 {folder} 已不在原处：它可能被移动、重命名或删除，或者所在磁盘已被移除。请把它放回原处后重新查看，或关闭项目。</translation>
    </message>
    <message>
        <source>T&amp;heme</source>
        <translation>主题(&amp;H)</translation>
    </message>
    <message>
        <source>The file of this project was changed by another program, or in another window. Reload it, or keep what is shown here? If you keep it, it is written into the file again, and what stands there now goes into project.toml.changed beside it.</source>
        <translation>此项目的文件已被其他程序或在另一个窗口中修改。要重新加载它，还是保留这里显示的内容？若保留，这里的内容会重新写入该文件，而文件中现有的内容会存到旁边的 project.toml.changed。</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>重新查看</translation>
    </message>
    <message>
        <source>Close the project</source>
        <translation>关闭项目</translation>
    </message>
    <message>
        <source>What others have written is in {file}</source>
        <translation>其他程序写入的内容在 {file}</translation>
    </message>
    <message>
        <source>Still running: {names}</source>
        <translation>仍在运行：{names}</translation>
    </message>
    <message>
        <source>Waiting, and not begun without the window: {names}</source>
        <translation>正在等待，窗口关闭后不会开始：{names}</translation>
    </message>
    <message>
        <source>Runs can go on without the window; it shows them again when it is opened. Or stop now, and keep what they have learned.</source>
        <translation>窗口关闭后，运行可以继续；再次打开窗口时会重新显示。也可以现在停止，保留已学到的内容。</translation>
    </message>
    <message>
        <source>Go on without the window</source>
        <translation>关闭窗口，继续运行</translation>
    </message>
    <message>
        <source>Stop and keep</source>
        <translation>停止并保留</translation>
    </message>
    <message>
        <source>Stay</source>
        <translation>不关闭</translation>
    </message>
    <message>
        <source>There is no project in {folder}. Open the folder that holds its project.toml; or make a new project from a folder of images.</source>
        <translation>{folder} 中没有项目。请打开 project.toml 所在的文件夹，或者用一个图像文件夹新建项目。</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>d MMM yyyy HH:mm</source>
        <comment>a date and time, in letters of QLocale</comment>
        <translation>yyyy-MM-dd HH:mm</translation>
    </message>
    <message>
        <source>not begun</source>
        <translation>未开始</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>stopped, kept</source>
        <translation>已停止（保留）</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>; </source>
        <comment>between the parts of a list</comment>
        <translation>；</translation>
    </message>
    <message>
        <source>, </source>
        <comment>between names</comment>
        <translation>、</translation>
    </message>
    <message>
        <source>{names} and {count} more</source>
        <translation>{names}和另外{count}个</translation>
    </message>
    <message>
        <source>, in {file}</source>
        <translation>，见 {file}</translation>
    </message>
    <message>
        <source>{name}: {what}</source>
        <translation>{name}：{what}</translation>
    </message>
    <message>
        <source>{one} {next}</source>
        <comment>two sentences</comment>
        <translation>{one}{next}</translation>
    </message>
    <message>
        <source>{s} s</source>
        <translation>{s} 秒</translation>
    </message>
    <message>
        <source>{m} min {s} s</source>
        <translation>{m} 分 {s} 秒</translation>
    </message>
    <message>
        <source>{h} h {m} min</source>
        <translation>{h} 小时 {m} 分</translation>
    </message>
</context>
</TS>
